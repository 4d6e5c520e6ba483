#include "observe/image.hpp"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace zccache::observe {
namespace {

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
#else
constexpr int kMachine = EM_AARCH64;
#endif

// As much of a script's first line as the kernel looks at.
constexpr std::size_t kFirstLine = 256;

// Enough for what compilers and linkers are; in a larger file the rest is not looked at.
constexpr std::size_t kMostSegments = 24;
constexpr std::size_t kMostDynamicEntries = 96;

constexpr const char* kSanitizers[] = {"libasan", "libtsan", "libhwasan", "libmsan", "libclang_rt."};

bool read_at(int file, std::uint64_t offset, void* to, std::size_t length) noexcept {
  return ::pread(file, to, length, static_cast<off_t>(offset)) == static_cast<ssize_t>(length);
}

// The name behind "#!", up to a blank or the end of the line.
void read_script(const char* line, std::size_t length, Image& image) noexcept {
  const char* end = line + length;
  const char* begin = std::find_if(line + 2, end, [](char c) { return c != ' ' && c != '\t'; });
  end = std::find_if(begin, end, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\0'; });
  image.kind = begin == end ? Image::Kind::other : Image::Kind::script;
  std::copy(begin, end, image.interpreter.begin());
}

struct Segments {
  std::array<Elf64_Phdr, kMostSegments> headers{};
  std::size_t count = 0;

  // Where in the file an address of the loaded program comes from; 0 for nowhere.
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address) const noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const Elf64_Phdr& one = headers[i];
      if (one.p_type == PT_LOAD && address >= one.p_vaddr && address - one.p_vaddr < one.p_filesz) return address - one.p_vaddr + one.p_offset;
    }
    return 0;
  }
};

bool needs_a_sanitizer(int file, const Segments& segments, const Elf64_Phdr& dynamic) noexcept {
  std::array<Elf64_Dyn, kMostDynamicEntries> entries{};
  const std::size_t length = std::min<std::size_t>(dynamic.p_filesz, sizeof entries) / sizeof(Elf64_Dyn) * sizeof(Elf64_Dyn);
  if (!read_at(file, dynamic.p_offset, entries.data(), length)) return false;
  std::uint64_t names = 0;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_STRTAB) names = segments.offset_of(entry.d_un.d_ptr);
  }
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag != DT_NEEDED || names == 0) continue;
    std::array<char, 16> name{};
    if (!read_at(file, names + entry.d_un.d_val, name.data(), name.size() - 1)) continue;
    if (std::ranges::any_of(kSanitizers, [&](const char* one) { return std::strncmp(name.data(), one, std::strlen(one)) == 0; })) return true;
  }
  return false;
}

void read_program(int file, const Elf64_Ehdr& header, Image& image) noexcept {
  image.kind = Image::Kind::native;
  Segments segments;
  segments.count = std::min<std::size_t>(header.e_phnum, kMostSegments);
  if (header.e_phentsize != sizeof(Elf64_Phdr)) return;
  if (!read_at(file, header.e_phoff, segments.headers.data(), segments.count * sizeof(Elf64_Phdr))) return;
  for (std::size_t i = 0; i < segments.count; ++i) {
    const Elf64_Phdr& one = segments.headers[i];
    if (one.p_type == PT_INTERP) {
      // With its end, which the kernel insists on.
      if (one.p_filesz <= image.interpreter.size()) (void)read_at(file, one.p_offset, image.interpreter.data(), one.p_filesz);
      image.interpreter.back() = '\0';
    }
    if (one.p_type == PT_DYNAMIC) image.sanitized = needs_a_sanitizer(file, segments, one);
  }
}

}  // namespace

Image look_at_image(int file) noexcept {
  Image image;
  alignas(Elf64_Ehdr) std::array<char, kFirstLine> bytes{};
  const ssize_t n = ::pread(file, bytes.data(), bytes.size() - 1, 0);
  if (n < 2) return image;
  if (bytes[0] == '#' && bytes[1] == '!') {
    read_script(bytes.data(), static_cast<std::size_t>(n), image);
    return image;
  }
  Elf64_Ehdr header{};
  if (static_cast<std::size_t>(n) < sizeof header || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) return image;
  std::memcpy(&header, bytes.data(), sizeof header);
  const bool native = header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_machine == kMachine;
  if (native) {
    read_program(file, header, image);
  } else {
    image.kind = Image::Kind::foreign;
  }
  return image;
}

}  // namespace zccache::observe
