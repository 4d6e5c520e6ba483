// Text of C and C++ as a compiler sees it that does not look into comments.
//
// A compile whose result no comment can reach is served again after an edit of comments: its files count by this form in place of their bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zccache::cc {

/// In a form: the end of a line within a comment, behind which a directive goes on; and where a line begins with a comment. A text that has
/// such characters of its own has no form, so nothing else can look like them.
inline constexpr char kCommentGoesOn = '\1';
inline constexpr char kCommentBegins = '\3';

/// `text` with blanks for comments, without blanks at the ends of lines, and with a mark if it does not end with a line. Two texts with one
/// form have the same tokens at the same lines and columns, with blanks between the same ones.
///
/// A comment in which something may be read stays whole: "fall through", the beginning of another one, or what is not plain ASCII, as compilers
/// warn of some of it. Tabs stay, for the width of what is before a token; and a mark where a line begins with a comment, whose indentation gcc
/// looks at. Nothing where C and C++, or compilers, could read the text differently: a raw string, a quote that has no end, a trigraph, a
/// comment continued by a backslash, a control character. Allocates one string.
[[nodiscard]] std::optional<std::string> without_comments(std::string_view text);

/// Whether a compile with this text in it may read the bytes of other texts: `.incbin`, `#embed`, or a pragma for warnings about comments.
[[nodiscard]] bool may_read_bytes(std::string_view text);

/// Whether a file of this name can be a source or a header of C or C++.
[[nodiscard]] bool is_named_like_text(std::string_view path);

}  // namespace zccache::cc
