// The terminal of a program that redraws it and reads single keys. What it was like before comes back at the end, and around a stop (Ctrl-Z).
#pragma once

#include <termios.h>
#include <csignal>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace zccache::index_tool {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

class Terminal {
 public:
  /// Whether standard output is one that can be redrawn.
  [[nodiscard]] static bool is_there();

  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] TerminalSize size() const;
  /// Whether the user wants colours (NO_COLOR).
  [[nodiscard]] bool has_colours() const { return has_colours_; }
  void show(std::string_view screen) const;
  /// The next key; 0 where none comes in that time, where a signal comes, or where standard input is no terminal. What a signal is there for
  /// happens here alone: one that comes between two waits ends the second.
  [[nodiscard]] char wait_for_key(double seconds) const;

 private:
  void take_over() const;
  void give_back() const;

  termios before_{};
  sigset_t seen_while_waiting_{};
  bool reads_keys_ = false;
  bool has_colours_ = false;
};

enum class Style { plain, bold, soft, hit, miss };

/// A line of a screen: no wider than the screen, and coloured only where that is wanted.
class Line {
 public:
  Line(std::size_t columns, bool has_colours) : left_(columns), has_colours_(has_colours) {}
  /// What has no room is left out.
  Line& add(std::string_view text, Style style = Style::plain);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t columns_left() const { return left_; }

 private:
  std::string text_;
  std::size_t left_;
  bool has_colours_;
};

/// "▁▃█": the newest values, as many as there are columns, each against the greatest of them.
[[nodiscard]] std::string sparkline(const std::vector<double>& values, std::size_t columns);

/// "█████·····", of a share between 0 and 1.
[[nodiscard]] std::string meter(double share, std::size_t columns);

}  // namespace zccache::index_tool
