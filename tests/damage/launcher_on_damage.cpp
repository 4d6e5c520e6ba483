// A build through the launcher beside a live index with one damaged word: it gets its object, the right one, and in time.
//
// usage: launcher_on_damage LAUNCHER IMAGES [SEED]
// Called as `gcc` it is the compiler of that build: quick, and one that makes of a source what can be told from it.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "format/hash.hpp"
#include "format/layout.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;
namespace fs = std::filesystem;

namespace {

constexpr int kSources = 40;
constexpr unsigned kHangSeconds = 60;

// --- The compiler

/// The value of an option that stands by itself, or empty.
std::string_view value_of(const std::vector<std::string_view>& arguments, std::string_view option) {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == option) return arguments[i + 1];
  }
  return {};
}

std::string object_of(std::string_view source_text) { return "object of " + std::string(source_text); }

int compile(const std::vector<std::string_view>& arguments) {
  std::string_view source;
  bool preprocesses = false;
  bool explains = false;
  for (const std::string_view argument : arguments) {
    if (argument.ends_with(".c")) source = argument;
    preprocesses = preprocesses || argument == "-E";
    explains = explains || argument == "-v";
  }
  if (explains) {
    std::fputs("#include <...> search starts here:\n /usr/include\nEnd of search list.\n", stderr);
    return 0;
  }
  const std::string text = read_file(source);
  if (preprocesses) {
    std::printf("# 1 \"%.*s\"\n%s", static_cast<int>(source.size()), source.data(), text.c_str());
    return 0;
  }
  write_file(value_of(arguments, "-o"), object_of(text));
  // How often it was needed, for who wants to know.
  const UniqueFd runs(::open("runs", O_WRONLY | O_APPEND | O_CREAT, 0600));
  return ::write(runs.get(), "r", 1) == 1 ? 0 : 1;
}

// --- The build

struct Source {
  std::string file;
  std::string object;
  std::string expected;
};

class Build {
 public:
  Build(std::string launcher, const fs::path& compiler) : launcher_(std::move(launcher)), directory_(temp_.cache()) {
    fs::copy_file(compiler, temp_.path() / "gcc");  // a launcher looks at what is behind a link
    fs::current_path(temp_.path());
    for (int i = 0; i < kSources; ++i) {
      const std::string name = "source" + std::to_string(i);
      const std::string text = "int " + name + "; // " + std::string(static_cast<std::size_t>(i) * 7, 'x') + "\n";
      write_file(name + ".c", text);
      sources_.push_back({name + ".c", name + ".o", object_of(text)});
    }
    ::setenv("ZCCACHE_DIR", directory_.path().c_str(), 1);
    ::setenv("ZCCACHE_FLUSH_SECS", "1000000", 1);
    ::setenv("ZCCACHE_FLUSH_CHANGES", "1000000", 1);
    for (const char* other : {"ZCCACHE_LOG", "ZCCACHE_DISABLE", "ZCCACHE_READONLY", "ZCCACHE_RECACHE"}) ::unsetenv(other);
    ::usleep(50'000);  // sources of this very clock tick are not stored
    for (const Source& source : sources_) {
      if (!is_right(source)) throw std::runtime_error("the build fails before anything is damaged");
    }
    keep_whole_index();
  }

  [[nodiscard]] std::size_t words() const noexcept { return used_words_; }
  [[nodiscard]] const Source& source(std::size_t i) const noexcept { return sources_[i % sources_.size()]; }

  void set(std::size_t word, std::uint64_t value) const noexcept { std::memcpy(map_ + word * 8, &value, 8); }
  [[nodiscard]] std::uint64_t get(std::size_t word) const noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, whole_.data() + word * 8, 8);
    return value;
  }

  /// Whether a launch ends well, without a word, and with the right object.
  [[nodiscard]] bool is_right(const Source& source) const {
    std::error_code ignored;
    fs::remove(source.object, ignored);
    const int status = launch(source);
    return status == 0 && read_file(source.object) == source.expected && fs::file_size("said", ignored) == 0;
  }

  /// The index of before, in the very file that it was in, or, where that is no longer at the path, in one that is as good.
  void restore() {
    std::memcpy(map_, whole_.data(), whole_.size());
    struct stat at_path {};
    if (::lstat(directory_.live().c_str(), &at_path) == 0 && at_path.st_ino == header().inode) return;
    ::munmap(map_, whole_.size());
    write_file("again", whole_);
    fs::rename("again", directory_.live());
    fs::permissions(directory_.live(), fs::perms::owner_read | fs::perms::owner_write);
    map_whole_index();
    header().inode = status_of(UniqueFd(::open(directory_.live().c_str(), O_RDONLY)).get(), "").value().st_ino;
    constexpr std::size_t kFrom = offsetof(format::LiveHeader, fingerprint);
    header().checksum = format::checksum64(map_ + kFrom, offsetof(format::LiveHeader, checksum) - kFrom);
    whole_.assign(map_, whole_.size());
  }

 private:
  [[nodiscard]] format::LiveHeader& header() const noexcept { return *reinterpret_cast<format::LiveHeader*>(map_); }

  void map_whole_index() {
    const UniqueFd file(::open(directory_.live().c_str(), O_RDWR | O_CLOEXEC));
    map_ = static_cast<char*>(::mmap(nullptr, whole_.size(), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0));
    if (map_ == MAP_FAILED) throw std::runtime_error("the live index cannot be mapped");
  }

  void keep_whole_index() {
    whole_ = read_file(directory_.live());
    map_whole_index();
    const auto& extent = *reinterpret_cast<const format::ExtentHeader*>(map_ + header().extent_offset);
    used_words_ = (header().extent_offset + sizeof extent + extent.used) / 8;
  }

  int launch(const Source& source) const {
    std::vector<std::string> words{launcher_, "./gcc", "-c", source.file, "-o", source.object};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, "said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t child = -1;
    if (::posix_spawn(&child, launcher_.c_str(), &actions, nullptr, argv.data(), environ) != 0) throw std::runtime_error("no launcher");
    ::posix_spawn_file_actions_destroy(&actions);
    ::alarm(kHangSeconds);  // its default action ends this program, which is a failure
    int status = 0;
    ::waitpid(child, &status, 0);
    ::alarm(0);
    return status;
  }

  TempDir temp_;
  std::string launcher_;
  CacheDirectory directory_;
  std::vector<Source> sources_;
  std::string whole_;
  char* map_ = nullptr;
  std::size_t used_words_ = 0;
};

/// Flipped bits, and words as a stray store leaves them.
std::uint64_t damaged(std::uint64_t word, std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return 0;
    case 1:
      return ~std::uint64_t{0};
    case 2:
      return random();
    case 3:
      return word + (random() % 64) * 8 - 256;
    case 4:
      return word + random() % (std::uint64_t{1} << 20);
    default:
      return word ^ std::uint64_t{1} << random() % 64;
  }
}

int sweep(const char* launcher, std::uint64_t images, std::uint64_t seed) {
  const struct rlimit no_core {};
  ::setrlimit(RLIMIT_CORE, &no_core);
  Build build(fs::absolute(launcher), fs::read_symlink("/proc/self/exe"));
  std::mt19937_64 random(seed);
  const std::uint64_t runs_before = fs::file_size("runs");
  std::uint64_t failures = 0;
  for (std::uint64_t image = 0; image < images; ++image) {
    // Most words are empty buckets, which nobody misses: the header's page and what holds the entries get as many as all the rest.
    const std::size_t header_words = sizeof(format::LiveHeader) / 8;
    const std::size_t choice = random() % 4;
    const std::size_t word = choice == 0   ? random() % header_words
                             : choice == 1 ? build.words() - 1 - random() % (kSources * 40)
                                           : random() % build.words();
    const std::uint64_t value = damaged(build.get(word), random);
    const Source& source = build.source(random());
    build.set(word, value);
    if (!build.is_right(source)) {
      ++failures;
      std::printf("FAILED: word %zu (%016lx -> %016lx), %s: %s\n", word, build.get(word), value, source.file.c_str(),
                  read_file("said").c_str());
    }
    build.restore();
  }
  std::printf("%lu damaged images, seed %lu: %lu builds failed, %lu were compiled, the rest served\n", images, seed, failures,
              fs::file_size("runs") - runs_before);
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (fs::path(argv[0]).filename() == "gcc") return compile(arguments);
  if (argc < 3) {
    std::fputs("usage: launcher_on_damage LAUNCHER IMAGES [SEED]\n", stderr);
    return 2;
  }
  return sweep(argv[1], std::strtoull(argv[2], nullptr, 10), argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
}
