#include <zccache/result.hpp>

#include <array>
#include <ostream>
#include <system_error>
#include <utility>

namespace zccache {
namespace {

struct ErrorText {
  const char* name;
  const char* cause;
  const char* cure;
};

constexpr std::array kTexts{
    ErrorText{"ok", "no error", "nothing to do"},
    ErrorText{"invalid_key", "not a usable key",
              "use 1 to 4096 bytes without control characters and '/', in hex digits where payload files are named after it"},
    ErrorText{"invalid_artifact", "not a usable entry",
              "give one size for each name, and names that are relative and stay inside the target folder"},
    ErrorText{"record_too_large", "the entry is larger than 64 MiB", "store less stdout and stderr with it"},
    ErrorText{"directory_unusable", "cannot be used as a cache directory",
              "give an existing or creatable directory that you may write to, not a symbolic link"},
    ErrorText{"directory_untrusted", "others could change it", "make it yours alone: chown to yourself and chmod 700 (files: 600)"},
    ErrorText{"unsupported_filesystem", "on a network or unknown file system, where shared mappings and locks are not known to work",
              "choose a local directory with ZCCACHE_DIR, or set ZCCACHE_ALLOW_ANY_FS=1"},
    ErrorText{"no_space", "no space left", "free space on the disk or raise the quota; what was stored before stays readable"},
    ErrorText{"lock_timeout", "another process held the lock for too long", "try again; see who holds it with 'zccache-index dump'"},
    ErrorText{"read_only", "the store was opened read-only", "open it for writing"},
    ErrorText{"corrupt", "damaged", "run 'zccache-recover --repair'"},
    ErrorText{"version_mismatch", "written by another format version", "use the program version that wrote it, or let recovery set it aside"},
    ErrorText{"not_found", "does not exist", "check the path"},
    ErrorText{"io", "a system call failed", "see the reason given"},
};

const ErrorText& text_of(Error error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return kTexts[index < kTexts.size() ? index : 0];
}

}  // namespace

const char* name(Error error) noexcept { return text_of(error).name; }
const char* describe(Error error) noexcept { return text_of(error).cause; }
const char* cure(Error error) noexcept { return text_of(error).cure; }

std::string Failure::message() const {
  std::string text = subject + ": " + describe(error);
  if (system_error != 0) text += " (" + std::generic_category().message(system_error) + ")";
  return text + "; " + cure(error);
}

std::ostream& operator<<(std::ostream& out, const Failure& failure) { return out << failure.message(); }

FailureException::FailureException(Failure failure) : std::runtime_error(failure.message()), failure_(std::move(failure)) {}

void throw_exception_from_error(const Failure& failure, const boost::source_location& /*where*/) { throw FailureException(failure); }

}  // namespace zccache
