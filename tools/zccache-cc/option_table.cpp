#include "option_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace zccache::cc {
namespace {

// Names, one space between them. In a group of flags a name that ends in '=' takes its value joined.
struct Group {
  Form form;
  Meaning meaning;
  std::string_view names;
  std::string_view why = {};
};

// Only what is known to write no other file, read no other file, and depend on nothing outside the command and the preprocessed text.
constexpr Group kGroups[] = {
    {Form::flag, Meaning::compile_only, "-c"},
    {Form::either, Meaning::object, "-o"},
    {Form::either, Meaning::language, "-x"},
    {Form::either, Meaning::search_path, "-I -iquote -isystem -idirafter"},
    {Form::either, Meaning::forced_include, "-include"},
    {Form::flag, Meaning::make_dependencies, "-MD -MMD"},
    {Form::either, Meaning::dependency_file, "-MF"},
    {Form::either, Meaning::dependency_target, "-MT -MQ"},
    {Form::flag, Meaning::split_dwarf, "-gsplit-dwarf -gsplit-dwarf=split"},
    {Form::flag, Meaning::coverage_notes, "--coverage -coverage -ftest-coverage"},
    {Form::flag, Meaning::profile_arcs, "-fprofile-arcs"},
    {Form::flag, Meaning::colour,
     "-fdiagnostics-color -fno-diagnostics-color -fdiagnostics-color= -fcolor-diagnostics -fno-color-diagnostics -fdiagnostics-plain-output"},

    // Debug information
    {Form::flag, Meaning::debug_info,
     "-g -g0 -g1 -g2 -g3 -ggdb -ggdb0 -ggdb1 -ggdb2 -ggdb3 -gdwarf -gdwarf-2 -gdwarf-3 -gdwarf-4 -gdwarf-5 -gdwarf32 -gdwarf64 -gcolumn-info "
     "-gno-column-info -gline-tables-only -gline-directives-only -gmlt -gz -gz= -gpubnames -gno-pubnames -ggnu-pubnames -gno-ggnu-pubnames "
     "-gstrict-dwarf -gno-strict-dwarf -ginline-points -gno-inline-points -gstatement-frontiers -gno-statement-frontiers "
     "-gvariable-location-views -gno-variable-location-views -gno-inline-line-tables -gas-loc-support -gno-as-loc-support -gdescribe-dies"},

    // Code for other programs to go on with: the linker, offloading. gcc tells them where it was made
    {Form::flag, Meaning::lto_or_offload, "-flto -flto= -fopenacc -fopenmp -fopenmp="},

    // Preprocessor
    {Form::either, Meaning::macro, "-D -U"},
    {Form::either, Meaning::plain, "-isysroot"},
    {Form::flag, Meaning::plain,
     "-MP -undef -trigraphs -nostdinc -nostdinc++ -nostdlibinc -nobuiltininc "
     "-Wp,-D_FORTIFY_SOURCE=1 -Wp,-D_FORTIFY_SOURCE=2 -Wp,-D_FORTIFY_SOURCE=3 -Wp,-U_FORTIFY_SOURCE"},

    // Language, warnings (and with them -Wl,), optimisation in general
    {Form::joined, Meaning::plain, "-std= -stdlib= -W -fno-builtin- -ftemplate-depth-"},
    {Form::flag, Meaning::plain,
     "-ansi -pedantic -pedantic-errors -w -p -pg -pipe -pthread -Qunused-arguments -Wa,--noexecstack -O -O0 -O1 -O2 -O3 -Os -Og -Oz -Ofast"},

    // Target
    {Form::separate, Meaning::plain, "--param --sysroot -target"},
    {Form::joined, Meaning::plain,
     "--param= --sysroot= --target= --gcc-toolchain= -march= -mtune= -mcpu= -mabi= -mfpu= -mfpmath= -mfloat-abi= -masm= -mcmodel= "
     "-mtls-dialect= -mtls-size= -mregparm= -mpreferred-stack-boundary= -mstack-alignment= -mincoming-stack-boundary= -mprefer-vector-width= "
     "-mbranch-cost= -mbranch-protection= -mindirect-branch= -mfunction-return= -mharden-sls= -mstack-protector-guard= "
     "-mstack-protector-guard-reg= -mstack-protector-guard-offset= -mveclibabi= -mlong-double- -msse -mavx -mbmi -mno-"},
    {Form::flag, Meaning::plain,
     "-m16 -m32 -m64 -mx32 -mmmx -m3dnow -mssse3 -mfma -mfma4 -mf16c -mpopcnt -mlzcnt -mabm -mtbm -maes -mvaes -mpclmul -mvpclmulqdq -msha "
     "-mgfni "
     "-mcx16 -mmovbe -mcrc32 -msahf -mrdrnd -mrdseed -madx -mrtm -mxsave -mxsaveopt -mxsavec -mxsaves -mfxsr -mfsgsbase -mprfchw -mclflushopt "
     "-mclwb -mred-zone -mshstk -mfentry -mnop-mcount -mrecord-mcount -mretpoline -mretpoline-external-thunk -mindirect-branch-register "
     "-mstackrealign -mrecip -mrelax-all -mthumb -marm -mgeneral-regs-only -mlittle-endian -mbig-endian -mstrict-align -munaligned-access "
     "-moutline-atomics -mrelax -msoft-float -mhard-float -mcall-prologues -maccumulate-outgoing-args -mms-bitfields -mglibc"},

    // Of the linker; the driver may still warn that they are unused
    {Form::either, Meaning::plain, "-L -l"},
    {Form::flag, Meaning::plain,
     "-s -shared -static -rdynamic -pie -no-pie -static-pie -nostdlib -nodefaultlibs -nostartfiles -static-libgcc -shared-libgcc "
     "-static-libstdc++ -fuse-ld="},

    // -f: each also as -fno-
    {Form::flag, Meaning::plain,
     "-fPIC -fPIE -fpic -fpie -fplt -fabi-version= -fabi-compat-version= -fclang-abi-compat= -faccess-control -faddrsig "
     "-faggressive-loop-optimizations -falign-functions -falign-functions= -falign-jumps -falign-jumps= -falign-labels -falign-labels= "
     "-falign-loops -falign-loops= -faligned-allocation -faligned-new -faligned-new= -fallow-store-data-races -fanalyzer -fansi-escape-codes "
     "-fapprox-func -fasm -fassociative-math -fassume-sane-operator-new -fasynchronous-unwind-tables -fautolink -fblocks -fbranch-count-reg "
     "-fbuiltin -fc++-abi= -fc++-static-destructors -fcaller-saves -fcanonical-system-headers -fcf-protection -fcf-protection= "
     "-fchar8_t -fcheck-new -fcode-hoisting -fcoroutines -fcoroutines-ts -fcombine-stack-adjustments -fcommon -fconcepts "
     "-fconcepts-diagnostics-depth= -fconserve-stack -fconstexpr-cache-depth= -fconstexpr-depth= -fconstexpr-loop-limit= "
     "-fconstexpr-ops-limit= "
     "-fconstexpr-steps= -fcrossjumping -fcse-follow-jumps -fcx-fortran-rules -fcx-limited-range -fcxx-exceptions -fdata-sections -fdce "
     "-fdebug-compilation-dir= -fdebug-info-for-profiling -fdebug-prefix-map= -fdebug-types-section -fdeclone-ctor-dtor "
     "-fdelayed-template-parsing -fdelete-dead-exceptions -fdelete-null-pointer-checks -fdevirtualize -fdevirtualize-at-ltrans "
     "-fdevirtualize-speculatively -fdiagnostics-column-origin= -fdiagnostics-column-unit= -fdiagnostics-escape-format= "
     "-fdiagnostics-fixit-info -fdiagnostics-generate-patch -fdiagnostics-parseable-fixits -fdiagnostics-path-format= -fdiagnostics-show-caret "
     "-fdiagnostics-show-category= -fdiagnostics-show-labels -fdiagnostics-show-line-numbers -fdiagnostics-show-location= "
     "-fdiagnostics-show-note-include-stack -fdiagnostics-show-option -fdiagnostics-show-template-tree -fdiagnostics-urls= -fdigraphs "
     "-fdirect-access-external-data -fdiscard-value-names -fdollars-in-identifiers -fdse -fdwarf2-cfi-asm -felide-constructors -felide-type "
     "-feliminate-unused-debug-symbols -feliminate-unused-debug-types -femit-all-decls -femit-class-debug-always -femulated-tls "
     "-fenforce-eh-specs "
     "-ferror-limit= -fexceptions -fexcess-precision= -fexec-charset= -fexpensive-optimizations -fext-numeric-literals -fextended-identifiers "
     "-fextern-tls-init -ffast-math -ffat-lto-objects -ffile-compilation-dir= -ffile-prefix-map= -ffinite-loops -ffinite-math-only "
     "-ffixed-point "
     "-ffloat-store -ffold-simple-inlines -fforce-emit-vtables -fforward-propagate -ffp-contract= -ffp-exception-behavior= "
     "-ffp-int-builtin-inexact -ffp-model= -ffreestanding -ffunction-cse -ffunction-sections -fgcse -fgcse-after-reload -fgcse-las -fgcse-lm "
     "-fgcse-sm -fgnu-inline-asm -fgnu-keywords -fgnu-tm -fgnu-unique -fgnu89-inline -fgnuc-version= -fgraphite -fgraphite-identity "
     "-fguess-branch-probability -fharden-compares -fharden-conditional-branches -fhoist-adjacent-loads -fhosted -fident -fif-conversion "
     "-fif-conversion2 -fimplicit-inline-templates -fimplicit-templates -findirect-inlining -finhibit-size-directive -finline "
     "-finline-functions "
     "-finline-functions-called-once -finline-hint-functions -finline-limit= -finline-small-functions -finput-charset= -finstrument-functions "
     "-finstrument-functions-after-inlining -finstrument-functions-exclude-file-list= -finstrument-functions-exclude-function-list= "
     "-fintegrated-as -fintegrated-cc1 -fipa-bit-cp -fipa-cp -fipa-cp-clone -fipa-icf -fipa-icf-functions -fipa-icf-variables -fipa-modref "
     "-fipa-profile -fipa-pta -fipa-pure-const -fipa-ra -fipa-reference -fipa-reference-addressable -fipa-sra -fipa-stack-alignment "
     "-fipa-strict-aliasing -fipa-vrp -fira-algorithm= -fira-hoist-pressure -fira-loop-pressure -fira-region= "
     "-fisolate-erroneous-paths-attribute -fisolate-erroneous-paths-dereference -fivopts -fjump-tables -fkeep-inline-functions "
     "-fkeep-static-consts -fkeep-static-functions -flarge-source-files -flax-vector-conversions -flax-vector-conversions= "
     "-fleading-underscore "
     "-flifetime-dse -flifetime-dse= -flive-patching -flive-patching= -flive-range-shrinkage -floop-block -floop-interchange "
     "-floop-nest-optimize -floop-parallelize-all -floop-strip-mine -floop-unroll-and-jam -flra-remat -flto-compression-level= "
     "-flto-jobs= -flto-partition= -fmacro-backtrace-limit= -fmacro-prefix-map= -fmath-errno -fmax-errors= -fmax-include-depth= "
     "-fmerge-all-constants -fmerge-constants -fmerge-debug-strings -fmessage-length= -fmodulo-sched -fmove-loop-invariants -fmove-loop-stores "
     "-fms-compatibility -fms-extensions -fnew-alignment= -fnew-inheriting-ctors -fnew-ttp-matching -fnon-call-exceptions -fnonansi-builtins "
     "-fno-lto -fno-openacc -fno-openmp -fnothrow-opt -fomit-frame-pointer -fopenmp-simd -foperator-names -foptimize-sibling-calls "
     "-foptimize-strlen -fpack-struct -fpack-struct= -fpartial-inlining -fpatchable-function-entry= -fpcc-struct-return -fpeel-loops "
     "-fpeephole "
     "-fpeephole2 -fpermissive -fpermitted-flt-eval-methods= -fplan9-extensions -fpredictive-commoning -fprefetch-loop-arrays "
     "-fpretty-templates "
     "-fprintf-return-value -fprofile-abs-path -fprofile-exclude-files= -fprofile-filter-files= -fprofile-update= -fprotect-parens "
     "-frandom-seed= -freciprocal-math -free -freg-struct-return -fregister-global-dtors-with-atexit -frelaxed-template-template-args "
     "-frename-registers -freorder-blocks -freorder-blocks-algorithm= -freorder-blocks-and-partition -freorder-functions "
     "-frerun-cse-after-loop -freroll-loops -frounding-math -frtti -frtti-data -fsanitize= -fsanitize-address-use-after-return= "
     "-fsanitize-address-use-after-scope -fsanitize-cfi-cross-dso -fsanitize-coverage= -fsanitize-memory-track-origins "
     "-fsanitize-memory-track-origins= -fsanitize-recover -fsanitize-recover= -fsanitize-stats -fsanitize-trap -fsanitize-trap= "
     "-fsanitize-undefined-trap-on-error -fsched-interblock -fsched-pressure -fsched-spec -fschedule-fusion -fschedule-insns -fschedule-insns2 "
     "-fsection-anchors -fselective-scheduling -fselective-scheduling2 -fsemantic-interposition -fshort-enums -fshort-wchar -fshow-column "
     "-fshow-overloads= -fshow-source-location -fshrink-wrap -fsignaling-nans -fsigned-bitfields -fsigned-char -fsigned-zeros "
     "-fsimd-cost-model= "
     "-fsingle-precision-constant -fsized-deallocation -fslp-vectorize -fspell-checking -fspell-checking-limit= -fsplit-dwarf-inlining "
     "-fsplit-loops -fsplit-lto-unit -fsplit-machine-functions -fsplit-paths -fsplit-stack -fsplit-wide-types -fssa-backprop -fssa-phiopt "
     "-fsso-struct= -fstack-check -fstack-check= -fstack-clash-protection -fstack-limit -fstack-limit-register= -fstack-limit-symbol= "
     "-fstack-protector -fstack-protector-all -fstack-protector-explicit -fstack-protector-strong -fstack-reuse= -fstack-size-section "
     "-fstandalone-debug -fstdarg-opt -fstore-merging -fstrict-aliasing -fstrict-enums -fstrict-float-cast-overflow -fstrict-overflow "
     "-fstrict-return -fstrict-volatile-bitfields -fstrict-vtable-pointers -fstrong-eval-order -fstrong-eval-order= -fsync-libcalls -ftabstop= "
     "-ftemplate-backtrace-limit= -ftemplate-depth= -fthread-jumps -fthreadsafe-statics -ftls-model= -ftoplevel-reorder "
     "-ftracer -ftrack-macro-expansion -ftrack-macro-expansion= -ftrampolines -ftrapping-math -ftrapv -ftree-bit-ccp -ftree-builtin-call-dce "
     "-ftree-ccp -ftree-ch -ftree-coalesce-vars -ftree-copy-prop -ftree-dce -ftree-dominator-opts -ftree-dse -ftree-forwprop -ftree-fre "
     "-ftree-loop-distribute-patterns -ftree-loop-distribution -ftree-loop-if-convert -ftree-loop-im -ftree-loop-ivcanon -ftree-loop-linear "
     "-ftree-loop-optimize -ftree-loop-vectorize -ftree-parallelize-loops= -ftree-partial-pre -ftree-phiprop -ftree-pre -ftree-pta "
     "-ftree-reassoc "
     "-ftree-scev-cprop -ftree-sink -ftree-slp-vectorize -ftree-slsr -ftree-sra -ftree-switch-conversion -ftree-tail-merge -ftree-ter "
     "-ftree-vectorize -ftree-vrp -ftrigraphs -ftrivial-auto-var-init= -funconstrained-commons -funique-internal-linkage-names "
     "-funique-section-names -funit-at-a-time -funroll-all-loops -funroll-loops -funsafe-loop-optimizations -funsafe-math-optimizations "
     "-funsigned-bitfields -funsigned-char -funswitch-loops -funwind-tables -fuse-cxa-atexit -fuse-init-array -fuse-linker-plugin "
     "-fvar-tracking -fvar-tracking-assignments -fvar-tracking-uninit -fvariable-expansion-in-unroller -fveclib= -fvect-cost-model "
     "-fvect-cost-model= -fvectorize -fverbose-asm -fversion-loops-for-strides -fvirtual-function-elimination -fvisibility= "
     "-fvisibility-inlines-hidden -fvisibility-inlines-hidden-static-local-var -fvisibility-ms-compat -fvpt -fweak -fweb -fwhole-program "
     "-fwhole-program-vtables -fwide-exec-charset= -fworking-directory -fwrapv -fwrapv-pointer -fwritable-strings -fzero-call-used-regs= "
     "-fzero-initialized-in-bss -fzvector"},

    // An option that no group names is refused all the same; these say why, or would be taken for one of a group above.
    {Form::flag, Meaning::refused, "-E -S -M -MM -fsyntax-only -emit-llvm -emit-ast", "it makes no object file"},
    {Form::flag, Meaning::refused, "-save-temps -save-temps= --save-temps -fstack-usage -ftime-trace -fcallgraph-info",
     "it makes files that are not stored"},
    {Form::flag, Meaning::refused,
     "-fprofile-use -fprofile-use= -fprofile-generate -fprofile-generate= -fauto-profile -fauto-profile= -fbranch-probabilities "
     "-fprofile-instr-use -fprofile-instr-use= -fprofile-instr-generate -fprofile-instr-generate= -fprofile-sample-use=",
     "profile-guided compiles are not cached"},
    {Form::flag, Meaning::refused, "-fmodules -fmodules-ts -fcxx-modules -fmodule-file= -fprebuilt-module-path=", "modules are not cached"},
    {Form::either, Meaning::refused, "-imacros", "the text does not name the file"},
    {Form::flag, Meaning::refused, "-include-pch -emit-pch", "precompiled headers are not cached"},
    {Form::joined, Meaning::refused, "-march=native -mcpu=native -mtune=native", "the object depends on this machine's processor"},
    {Form::joined, Meaning::refused, "-fplugin= -fplugin-arg- -fpass-plugin=", "a plugin may do anything"},
    {Form::joined, Meaning::refused, "-Wp, -Wa,", "what it hands on is not understood"},
};

template <class Visitor>
constexpr void for_each_option(Visitor visit) {
  for (const Group& group : kGroups) {
    for (std::string_view rest = group.names; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      visit(Option{name, group.form == Form::flag && name.ends_with('=') ? Form::joined : group.form, group.meaning, group.why});
    }
  }
}

constexpr std::size_t count_options() {
  std::size_t count = 0;
  for_each_option([&](const Option&) { ++count; });
  return count;
}

constexpr auto kOptions = [] {
  std::array<Option, count_options()> options{};
  std::size_t count = 0;
  for_each_option([&](const Option& option) { options[count++] = option; });
  std::ranges::sort(options, {}, &Option::name);
  return options;
}();

static_assert(std::ranges::adjacent_find(kOptions, {}, &Option::name) == kOptions.end(), "an option is named twice");

constexpr std::size_t kLongestJoined = [] {
  std::size_t longest = 0;
  for (const Option& option : kOptions) {
    if (option.form == Form::joined || option.form == Form::either) longest = std::max(longest, option.name.size());
  }
  return longest;
}();

const Option* exactly(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(kOptions, name, {}, &Option::name);
  return found != kOptions.end() && found->name == name ? found : nullptr;
}

// The longest name that the argument begins with, of those that take a joined value.
const Option* beginning_of(std::string_view argument) noexcept {
  for (std::size_t length = std::min(argument.size(), kLongestJoined); length >= 2; --length) {
    const Option* option = exactly(argument.substr(0, length));
    if (option != nullptr && (option->form == Form::joined || option->form == Form::either)) return option;
  }
  return nullptr;
}

const Option* exactly_or_beginning(std::string_view argument) noexcept {
  const Option* option = exactly(argument);
  return option != nullptr ? option : beginning_of(argument);
}

// "-fno-x" for a plain "-fx".
const Option* negated(std::string_view argument) noexcept {
  constexpr std::string_view kNo = "-fno-";
  constexpr std::size_t kLongest = 64;
  if (!argument.starts_with(kNo) || argument.size() > kLongest) return nullptr;
  std::array<char, kLongest> positive{'-', 'f'};
  const auto end = std::copy(argument.begin() + kNo.size(), argument.end(), positive.begin() + 2);
  const Option* option = exactly_or_beginning({positive.data(), static_cast<std::size_t>(end - positive.begin())});
  return option != nullptr && option->meaning == Meaning::plain ? option : nullptr;
}

}  // namespace

const Option* find_option(std::string_view argument) noexcept {
  const Option* option = exactly_or_beginning(argument);
  return option != nullptr ? option : negated(argument);
}

}  // namespace zccache::cc
