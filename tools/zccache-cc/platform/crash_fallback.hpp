// A broken cache never breaks a build: should this process crash, it becomes the compiler.
#pragma once

namespace zccache::cc {

/// From now on a fault in this process (also an abort, also a stack that is used up) executes `path`. Arguments and environment must stay
/// valid.
void guard_by_compiler(const char* path, char* const* argv, char* const* environment) noexcept;

/// The compiler has run and its output is out: from now on a fault ends this process with the compiler's exit code.
void guard_by_exit(int exit_code) noexcept;

}  // namespace zccache::cc
