// The compiler: where it is, what it is, and how we become it.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace zccache::cc {

enum class Family { gcc, clang, linker, archiver, unknown };

[[nodiscard]] constexpr bool is_compiler(Family family) noexcept { return family == Family::gcc || family == Family::clang; }

struct Compiler {
  std::string path;                    ///< the file that is executed
  bool passed_over_ourselves = false;  ///< PATH leads to this launcher first: told its bare name, the compiler would find us there

  // Its identity
  std::string name;  ///< the last part of its name as given: g++ and gcc, clang++ and clang are often one file
  std::string real_path;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  Family family = Family::unknown;
  bool is_plain_script = false;  ///< Debian's c89-gcc or c99-gcc: it looks at nothing but its arguments
};

struct NoCompiler {
  int error_number;   ///< why it cannot be executed
  bool is_ourselves;  ///< nothing is there but this launcher
};

/// Looks for `name` as the shell would, except that this launcher's own file is passed over in PATH.
[[nodiscard]] boost::system::result<Compiler, NoCompiler> find_compiler(const char* name);

/// gcc, g++, gfortran, clang and clang++; ld, ld.bfd, ld.gold and ld.lld; ar and ranlib: with what may stand before and a version behind, as
/// "x86_64-linux-gnu-g++-12" and "llvm-ar-14".
[[nodiscard]] Family family_of(std::string_view file_name) noexcept;

/// The names of compilers, and those that a system gives its usual one: cc, c++, c89, c99.
[[nodiscard]] bool is_compiler_name(std::string_view file_name) noexcept;

/// Whether a link to this launcher by that name stands for the next program of that name.
[[nodiscard]] bool can_be_masked(std::string_view file_name) noexcept;

/// Executes it in our place. Returns only where that fails: with the message given and the exit code that a shell has for it.
[[nodiscard]] int exec_compiler(const char* path, char* const* argv) noexcept;

/// Says "zccache-cc: cannot run 'foo': No such file or directory". Returns the exit code.
int report_cannot_run(const char* name, int error_number) noexcept;

}  // namespace zccache::cc
