// The one page whose calls the filter lets through.
//
// The preloaded library makes a call from here when it notes question and answer itself. The address is fixed, because the filter is
// installed before any library is mapped, and far from where a kernel puts mappings of its own choice. This is no boundary of security:
// a program that calls from here is not observed, and would have to mean it.
#pragma once

#include <cstdint>

namespace zccache::observe {

/// Makes a system call and returns what the kernel does: a value, or -errno.
using Gate = long (*)(long number, long a, long b, long c, long d, long e);

inline constexpr std::uint64_t kGateLength = 4096;

#if defined(__x86_64__)
inline constexpr std::uint64_t kGateAddress = 0x6e0000000000;
inline constexpr unsigned char kGateCode[] = {
    0x48, 0x89, 0xf8,  // mov %rdi, %rax
    0x48, 0x89, 0xf7,  // mov %rsi, %rdi
    0x48, 0x89, 0xd6,  // mov %rdx, %rsi
    0x48, 0x89, 0xca,  // mov %rcx, %rdx
    0x4d, 0x89, 0xc2,  // mov %r8, %r10
    0x4d, 0x89, 0xc8,  // mov %r9, %r8
    0x0f, 0x05,        // syscall
    0xc3,              // ret
};
#elif defined(__aarch64__)
inline constexpr std::uint64_t kGateAddress = 0x6e00000000;  // also there where addresses have 39 bits
inline constexpr unsigned char kGateCode[] = {
    0xe8, 0x03, 0x00, 0xaa,  // mov x8, x0
    0xe0, 0x03, 0x01, 0xaa,  // mov x0, x1
    0xe1, 0x03, 0x02, 0xaa,  // mov x1, x2
    0xe2, 0x03, 0x03, 0xaa,  // mov x2, x3
    0xe3, 0x03, 0x04, 0xaa,  // mov x3, x4
    0xe4, 0x03, 0x05, 0xaa,  // mov x4, x5
    0x01, 0x00, 0x00, 0xd4,  // svc #0
    0xc0, 0x03, 0x5f, 0xd6,  // ret
};
#else
#error "no gate for this architecture"
#endif

}  // namespace zccache::observe
