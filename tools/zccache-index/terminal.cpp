#include "terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace zccache::index_tool {
namespace {

constexpr std::string_view kHideCursor = "\033[?25l";
constexpr std::string_view kShowCursor = "\033[?25h";
constexpr std::string_view kHomeAndClear = "\033[H\033[J";

volatile sig_atomic_t was_continued = 0;

const char* escape_of(Style style) {
  constexpr std::array kEscapes = {"", "\033[1m", "\033[2m", "\033[36m", "\033[33m"};
  return kEscapes[static_cast<std::size_t>(style)];
}

void write_all(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Of UTF-8: a byte that begins a character.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

}  // namespace

bool Terminal::is_there() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

Terminal::Terminal() {
  const char* no_colour = std::getenv("NO_COLOR");
  has_colours_ = no_colour == nullptr || *no_colour == '\0';
  reads_keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
  // Both end a wait for a key: the one redraws, the other takes the terminal again as well.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGWINCH, &action, nullptr);
  action.sa_handler = [](int) { was_continued = 1; };
  ::sigaction(SIGCONT, &action, nullptr);
  sigset_t held;
  ::sigemptyset(&held);
  for (const int signal : {SIGWINCH, SIGCONT, SIGINT, SIGTERM}) ::sigaddset(&held, signal);
  ::sigprocmask(SIG_BLOCK, &held, &seen_while_waiting_);
  take_over();
}

Terminal::~Terminal() { give_back(); }

void Terminal::take_over() const {
  write_all(kHideCursor);
  if (!reads_keys_) return;
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

void Terminal::give_back() const {
  write_all(kShowCursor);
  if (reads_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

TerminalSize Terminal::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {.columns = window.ws_col, .rows = window.ws_row};
}

void Terminal::show(std::string_view screen) const {
  if (was_continued != 0) {
    was_continued = 0;
    take_over();
  }
  write_all(kHomeAndClear);
  write_all(screen);
}

char Terminal::wait_for_key(double seconds) const {
  pollfd keys{.fd = reads_keys_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0};
  timespec left{};
  left.tv_sec = static_cast<time_t>(seconds);
  left.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  char key = 0;
  if (::ppoll(&keys, 1, &left, &seen_while_waiting_) <= 0) return 0;
  return ::read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';  // nobody is there any more
}

Line& Line::add(std::string_view text, Style style) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i])) {
      if (left_ == 0) break;
      --left_;
    }
    shown += text[i];
  }
  const bool is_styled = has_colours_ && style != Style::plain && !shown.empty();
  text_ += is_styled ? escape_of(style) + shown + "\033[0m" : shown;
  return *this;
}

std::string sparkline(const std::vector<double>& values, std::size_t columns) {
  constexpr std::array kHeights = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t count = std::min(values.size(), columns);
  const auto newest = values.end() - static_cast<std::ptrdiff_t>(count);
  const double most = count == 0 ? 0 : *std::max_element(newest, values.end());
  std::string line;
  for (auto value = newest; value != values.end(); ++value)
    line += kHeights[most <= 0 ? 0 : static_cast<std::size_t>(std::ceil(*value / most * (kHeights.size() - 1)))];
  return line;
}

std::string meter(double share, std::size_t columns) {
  const auto full = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(columns)));
  std::string text;
  for (std::size_t i = 0; i < columns; ++i) text += i < full ? "█" : "·";
  return text;
}

}  // namespace zccache::index_tool
