#include "cache_key.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include "description.hpp"
#include "key_hasher.hpp"

namespace zccache::cc {
namespace {

// Raise it when the same compile must get another key: when what is hashed, or what an entry holds, changes.
constexpr std::string_view kKeyFormat = "zccache-cc 4";

// One letter for each kind of component.
enum Tag : char {
  kFormat = 'f',
  kCompilerName = 'n',
  kCompilerPath = 'p',
  kCompilerSize = 's',
  kCompilerTime = 't',
  kProgramPath = 'P',
  kProgramSize = 'S',
  kProgramTime = 'T',
  kArgument = 'a',
  kVariable = 'v',
  kValue = '=',
  kDirectory = 'd',
  kObjectPath = 'o',
  kOutput = 'r',
  kText = 'x',
  kDiagnostics = 'e',
  kDependencies = 'm',
  kFileName = 'i',
  kFileDigest = 'c',
};

constexpr std::array kUnknownVariables = {"DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES",   "CCC_OVERRIDE_OPTIONS", "QA_OVERRIDE_GCC3_OPTIONS",
                                          "CC_PRINT_OPTIONS",    "CC_PRINT_HEADERS",      "CC_LOG_DIAGNOSTICS",   "CC_PRINT_PROC_STAT",
                                          "GCC_COMPARE_DEBUG",   "LLVM_OVERRIDE_PRODUCER"};

void add_compiler(KeyHasher& hasher, const Compiler& compiler) {
  hasher.add(kCompilerName, compiler.name);
  hasher.add(kCompilerPath, compiler.real_path);
  hasher.add(kCompilerSize, compiler.size);
  hasher.add(kCompilerTime, static_cast<std::uint64_t>(compiler.modified_ns));
}

void add_programs(KeyHasher& hasher, const std::vector<StampedPath>& programs) {
  for (const StampedPath& program : programs) {
    hasher.add(kProgramPath, program.path);
    hasher.add(kProgramSize, program.stamp.size);
    hasher.add(kProgramTime, static_cast<std::uint64_t>(program.stamp.modified_ns));
  }
}

void add_environment(KeyHasher& hasher) {
  for (const char* variable : kMessageVariables) {
    if (const char* value = std::getenv(variable)) {
      hasher.add(kVariable, variable);
      hasher.add(kValue, value);
    }
  }
}

void add_directory(KeyHasher& hasher) {
  const WorkingDirectory directory;
  hasher.add(kDirectory, directory.physical);
  hasher.add(kDirectory, directory.logical);
}

void add_command(KeyHasher& hasher, const ParsedCommand& command) {
  for (const std::string_view argument : command.key_arguments) hasher.add(kArgument, argument);
  for (const OutputFile& output : command.outputs) hasher.add(kOutput, output.name);
  if (command.directory_matters) add_directory(hasher);
  if (command.object_path_matters) hasher.add(kObjectPath, command.object);
}

void add_files(KeyHasher& hasher, const std::vector<SourceFile>& files) {
  for (const SourceFile& file : files) {
    hasher.add(kFileName, file.name);
    if (!file.exists) continue;
    hasher.add(kFileDigest, file.digest.low);
    hasher.add(kFileDigest, file.digest.high);
  }
}

}  // namespace

std::string cache_key(const Compiler& compiler, const std::vector<StampedPath>& programs, const ParsedCommand& command,
                      const Preprocessed& preprocessed, const std::vector<SourceFile>& files) {
  KeyHasher hasher;
  hasher.add(kFormat, kKeyFormat);
  add_compiler(hasher, compiler);
  add_programs(hasher, programs);
  add_environment(hasher);
  add_command(hasher, command);
  add_files(hasher, files);
  hasher.add(kDependencies, preprocessed.dependencies);
  hasher.add(kDiagnostics, preprocessed.diagnostics);
  hasher.add(kText, preprocessed.text);
  return hasher.hex_digest();
}

std::string unknown_environment() {
  for (const char* variable : kUnknownVariables) {
    if (std::getenv(variable) != nullptr) return std::string("environment variable ") + variable + " is set";
  }
  return {};
}

}  // namespace zccache::cc
