// Run when the build is configured: whether a program that start.cpp starts has all that one needs. Ends with 0 where it has.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

// In sizes that each take another way through memcpy().
bool copies() {
  for (std::size_t size = 1; size <= std::size_t{8} << 20; size = size * 3 + 1) {
    std::string text(size, 'a');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    std::string copy = text;
    std::memmove(copy.data(), copy.data() + size / 3, size - size / 3);
    if (std::memcmp(copy.data(), text.data() + size / 3, size - size / 3) != 0) return false;
    std::memset(copy.data(), 'z', size);
    if (copy.find_first_not_of('z') != std::string::npos || copy == text) return false;
  }
  return true;
}

bool throws() {
  try {
    throw std::runtime_error("thrown");
  } catch (const std::exception& caught) {
    return std::strcmp(caught.what(), "thrown") == 0;
  }
}

bool runs_threads() {
  thread_local int number = 1;
  int of_thread = 0;
  std::thread([&] { of_thread = number; }).join();
  return ++number == 2 && of_thread == 1;
}

const std::string constructed(1000, 'c');

}  // namespace

int main(int argc, char** argv) {
  std::timespec now{};
  const char* variable = ::setenv("START_PROBE", "set", 1) == 0 ? std::getenv("START_PROBE") : nullptr;
  const bool has_environment = variable != nullptr && std::strcmp(variable, "set") == 0;
  const bool all = argc > 0 && argv[argc] == nullptr && has_environment && constructed.size() == 1000 && copies() && throws() &&
                   runs_threads() && std::timespec_get(&now, TIME_UTC) == TIME_UTC && std::printf("%s %.1f\n", argv[0], 1.5) > 0;
  return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
