// The command line of a compiler: arguments end with a zero byte. And a response file.
#include <zccache-cc/command/command.hpp>
#include <zccache-cc/command/response_files.hpp>

#include <algorithm>
#include <string>

#include "fuzz.hpp"

using namespace zccache;

namespace {

/// Each argument in memory of its own, so that a byte read beyond it is noticed.
std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    arguments.emplace_back(text.substr(at, end - at)).shrink_to_fit();
    at = end + 1;
  }
  return arguments;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto words = cc::words_of_response_file(text)) {
    for (const std::string& word : *words) EXPECT(!word.empty() && word.size() <= size);
  }
  auto arguments = arguments_of(text);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  const auto command = cc::analyze_command(pointers);
  if (!command) {
    EXPECT(!command.error().why.empty());
    return 0;
  }
  EXPECT(!command->source.empty() && command->source[0] != '-');
  // Nothing is lost on the way: every argument counts, but for the names of two outputs.
  const std::size_t names = (command->object.empty() ? 0 : 1) + (command->dependency_file.empty() ? 0 : 1);
  EXPECT(command->arguments.size() <= arguments.size() && command->arguments.size() + names >= arguments.size());
  return 0;
}
