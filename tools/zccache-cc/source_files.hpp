// The files that preprocessed text was made of.
//
// Comments, spacing and columns are gone from the text, yet they reach line tables and warnings. So the files themselves count too.
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cacheable.hpp"
#include "file_stamp.hpp"

namespace zccache::cc {

struct SourceFile {
  std::string name;
  bool exists = false;  ///< a #line directive may name a file that nobody has
  Digest digest;
  FileStamp stamp;  ///< from before it was read
};

/// The names in the line markers of preprocessed text, each once, in the order in which they first appear.
[[nodiscard]] std::vector<std::string> named_files(std::string_view preprocessed_text);

/// Reads the files. One that is there and cannot be read, or is no regular file, makes the compile not cacheable.
/// `visit` gets the content of each.
using VisitContent = std::function<void(const std::string& name, std::string_view content)>;
[[nodiscard]] Cacheable<std::vector<SourceFile>> read_files(std::vector<std::string> names, const VisitContent& visit = {});
/// One of them. Its content is in `content` afterwards.
[[nodiscard]] Cacheable<SourceFile> read_file(std::string name, std::string& content);

/// The time of the clock that files are stamped with.
[[nodiscard]] timespec file_clock_now() noexcept;

/// Whether a file with this time stamp was certainly last touched before `moment`.
[[nodiscard]] bool is_before(const timespec& stamp, const timespec& moment) noexcept;

/// The same of both times in a stamp.
[[nodiscard]] bool is_settled(const FileStamp& stamp, const timespec& moment) noexcept;

/// The first file that may have changed since `moment`, or null: those that were read are what the compiler read.
[[nodiscard]] const SourceFile* changed_since(const timespec& moment, const std::vector<SourceFile>& files);

}  // namespace zccache::cc
