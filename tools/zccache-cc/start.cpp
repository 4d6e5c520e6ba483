// Starts the process in the place of glibc's own start, by the same steps but one: it does not ask the processor what it can do.
//
// glibc asks 43 times. In a virtual machine each of them leaves to the hypervisor, which takes longer than all else that happens before main();
// and what is found only chooses between several forms of memcpy() and its like. Here they are chosen as for a processor of which nothing is
// known.
//
// Only for the one glibc whose steps these are, linked statically: then nothing of it changes after the link. With another one this file is
// empty, and glibc starts the process itself.
#include <features.h>

#if defined(__x86_64__) && __GLIBC__ == 2 && __GLIBC_MINOR__ == 36
#include <link.h>

#include <cstdint>
#include <cstdlib>

namespace {
using Main = int(int, char**, char**);
using Step = void(int, char**, char**);
using LastStep = void();
using Resolver = ElfW(Addr)();
}  // namespace

// Of glibc, where they are hidden from all but a static program; the linker's names of what it lays out; and this start itself.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
extern char** __environ;
extern void* __libc_stack_end;
extern int __libc_enable_secure;
extern const std::uintptr_t* _dl_random;
void _dl_aux_init(ElfW(auxv_t) * vector);
void __tunables_init(char** environment);
void _dl_relocate_static_pie();
void __libc_setup_tls();
void __libc_early_init(bool);
void __libc_init_first(int argc, char** argv, char** environment);
void __libc_check_standard_fds();
void* _dl_debug_initialize(ElfW(Addr) base, Lmid_t name_space);

extern const ElfW(Rela) __rela_iplt_start[];
extern const ElfW(Rela) __rela_iplt_end[];
extern Step* const __preinit_array_start[];
extern Step* const __preinit_array_end[];
extern Step* const __init_array_start[];
extern Step* const __init_array_end[];
extern LastStep* const __fini_array_start[];
extern LastStep* const __fini_array_end[];
void _init();
void _fini();

// What memcpy() and memset() go by, in bytes. glibc keeps them beside its start, so that they come with this one: as it has them for a
// processor whose caches are not known.
long __x86_data_cache_size = 32 << 10;
long __x86_data_cache_size_half = 16 << 10;
long __x86_shared_cache_size = 1 << 20;
long __x86_shared_cache_size_half = 512 << 10;
long __x86_shared_non_temporal_threshold = 768 << 10;
long __x86_rep_movsb_threshold = 2 << 10;
long __x86_rep_movsb_stop_threshold = 768 << 10;
long __x86_rep_stosb_threshold = 2 << 10;
int __x86_string_control = 0;

int __libc_start_main(Main* main, int argc, char** argv, void (*)(), void (*)(), void (*)(), void* stack_end);
}
// NOLINTEND(readability-identifier-naming)

namespace {

// Chooses among the forms of memcpy() and its like.
void resolve_functions() {
  for (const ElfW(Rela)* function = __rela_iplt_start; function < __rela_iplt_end; ++function) {
    *reinterpret_cast<ElfW(Addr)*>(function->r_offset) = reinterpret_cast<Resolver*>(function->r_addend)();
  }
}

// The values that the stack protector and mangled pointers are checked by. The first has a zero byte, at which a string that runs over ends.
void set_guards() {
  asm volatile("mov %0, %%fs:0x28" : : "r"(_dl_random[0] & ~std::uintptr_t{0xff}));
  asm volatile("mov %0, %%fs:0x30" : : "r"(_dl_random[1]));
}

void run_all(Step* const* first, Step* const* last, int argc, char** argv) {
  for (; first < last; ++first) (*first)(argc, argv, __environ);
}

void run_last_steps() {
  for (auto step = __fini_array_end; step > __fini_array_start;) (*--step)();
  _fini();
}

}  // namespace

// Compiled without the stack protector, whose guard is set on the way. Until the functions are chosen none of them may be called.
int __libc_start_main(Main* main, int argc, char** argv, void (*)(), void (*)(), void (*)(), void* stack_end) {
  __environ = argv + argc + 1;
  __libc_stack_end = stack_end;
  char** end = __environ;
  while (*end != nullptr) ++end;
  _dl_aux_init(reinterpret_cast<ElfW(auxv_t)*>(end + 1));  // behind the environment
  __tunables_init(__environ);
  _dl_relocate_static_pie();
  resolve_functions();
  __libc_setup_tls();
  set_guards();
  __libc_early_init(true);
  __libc_init_first(argc, argv, __environ);
  std::atexit(run_last_steps);
  if (__libc_enable_secure != 0) __libc_check_standard_fds();
  run_all(__preinit_array_start, __preinit_array_end, argc, argv);
  _init();
  run_all(__init_array_start, __init_array_end, argc, argv);
  _dl_debug_initialize(0, LM_ID_BASE);
  std::exit(main(argc, argv, __environ));
}

#endif
