#include "zccache-cc/key/processor.hpp"

#include <sys/auxv.h>

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace zccache::cc {
namespace {

void append_hardware_capabilities(std::string& text) {
  text += std::to_string(::getauxval(AT_HWCAP)) + ' ' + std::to_string(::getauxval(AT_HWCAP2));
}

#if defined(__x86_64__)
void append_leaf(std::string& text, unsigned leaf, unsigned subleaf, unsigned ebx_mask = ~0U) {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(leaf, subleaf, &a, &b, &c, &d) == 0) return;
  for (const unsigned word : {a, b & ebx_mask, c, d}) text += std::to_string(word) + ' ';
}
#endif

}  // namespace

std::string whole_processor() {
  std::string text;
#if defined(__x86_64__)
  // The second word of leaf 1 has the number of the processor that this runs on right now.
  constexpr unsigned kWithoutCurrentProcessor = 0x0000'FFFF;
  append_leaf(text, 0, 0);
  append_leaf(text, 1, 0, kWithoutCurrentProcessor);
  append_leaf(text, 7, 0);
  append_leaf(text, 7, 1);
  append_leaf(text, 0xD, 1);
  append_leaf(text, 0x14, 0);
  append_leaf(text, 0x19, 0);
  for (unsigned cache = 0; cache < 4; ++cache) append_leaf(text, 4, cache);
  for (const unsigned leaf : {0x8000'0001U, 0x8000'0005U, 0x8000'0006U, 0x8000'0008U}) append_leaf(text, leaf, 0);
#endif
  append_hardware_capabilities(text);
  return text;
}

std::string processor_level() {
  std::string text;
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) text += (c & bit_FMA) != 0 ? "fma " : "- ";
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) text += (b & bit_AVX2) != 0 ? "avx2 " : "- ";
#endif
  append_hardware_capabilities(text);
  return text;
}

}  // namespace zccache::cc
