#include "config/table.hpp"

#include <zccache/eviction.hpp>
#include <zccache/options.hpp>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace zccache::config {
namespace {

bool any(std::string_view /*value*/) { return true; }
bool absolute(std::string_view value) { return value.starts_with('/'); }
bool a_switch(std::string_view value) { return parse_switch(value).has_value(); }
bool size(std::string_view value) { return SizeLimit::parse(value).has_value(); }
bool bytes(std::string_view value) {
  const auto parsed = SizeLimit::parse(value);
  return parsed && parsed->percent == 0;
}
bool duration(std::string_view value) { return parse_duration(value).has_value(); }
bool mark(std::string_view value) { return WaterMark::parse(value).has_value(); }
bool layout(std::string_view value) { return parse_payload_layout(value).has_value(); }
bool compression(std::string_view value) { return parse_compression(value).has_value(); }
bool observation(std::string_view value) { return value == "auto" || value == "notify" || value == "ptrace" || value == "off"; }
bool server(std::string_view value) { return value.find("://") != std::string_view::npos; }
bool path_remap(std::string_view value) { return value == "auto" || value == "off"; }
bool remote_mode(std::string_view value) { return value == "read" || value == "write"; }
bool count(std::string_view value) { return value.size() < 19 && value.find_first_not_of("0123456789") == std::string_view::npos; }

constexpr const char* kSwitch = "1, true, yes or on; 0, false, no or off";
constexpr const char* kMark = "two percentages, as 85:70";
constexpr const char* kDuration = "a time with a unit, as 90s, 12h, 7d or 2w; or 0";

using enum Place;
// clang-format off: one line for each
constexpr std::array kSettings = {
    Setting{"dir", "ZCCACHE_DIR", user, Paths::one, "a directory", "zccache-artifact in $XDG_CACHE_HOME or ~/.cache", "the cache directory",
            any},
    Setting{"max_size", "ZCCACHE_MAX_SIZE", user, Paths::none, "a size, as 500M, 5Gi or 10%", "5Gi",
            "how large the directory may grow: 500M, 5Gi, 10% of the disk; 0: no limit", size},
    Setting{"max_age", "ZCCACHE_MAX_AGE", user, Paths::none, kDuration, "0", "how long an entry may stay unused: 12h, 7d; 0: no limit",
            duration},
    Setting{"disable", "ZCCACHE_DISABLE", project, Paths::none, kSwitch, "off", "switch: go straight to the compiler", a_switch},
    Setting{"readonly", "ZCCACHE_READONLY", project, Paths::none, kSwitch, "off", "switch: serve hits, change nothing", a_switch},
    Setting{"recache", "ZCCACHE_RECACHE", project, Paths::none, kSwitch, "off", "switch: compile, and replace what is stored", a_switch},
    Setting{"observe", "ZCCACHE_OBSERVE", project, Paths::none, "auto, notify, ptrace or off", "auto",
            "how a compile is watched: auto, notify, ptrace or off", observation},
    Setting{"programs", "ZCCACHE_PROGRAMS", project, Paths::none, "names, separated by commas", "none",
            "names of further programs to cache, separated by commas; these may also be scripts", any},
    Setting{"link", "ZCCACHE_LINK", project, Paths::none, kSwitch, "off", "switch: cache links, and what ar and ranlib make, as well",
            a_switch},
    Setting{"link_max_size", "ZCCACHE_LINK_MAX_SIZE", user, Paths::none, "a size, as 64M or 1Gi", "64Mi",
            "a link of more bytes than these is left alone: 64M, 1Gi; 0: no limit", bytes},
    Setting{"basedir", "ZCCACHE_BASEDIR", project, Paths::list, "absolute paths, separated by colons", "none",
            "sources below these directories are named relative to the working directory, so that checkouts share", absolute},
    Setting{"path_remap", "ZCCACHE_PATH_REMAP", project, Paths::none, "auto or off", "off",
            "auto: the root of the checkout becomes /checkout in debug information and __FILE__, so that checkouts share with -g", path_remap},
    Setting{"log", "ZCCACHE_LOG", user, Paths::one, "a file", "none", "a file that gets one line for each decision", any},
    Setting{"upstream", "ZCCACHE_UPSTREAM", user, Paths::list, "directories, separated by colons", "none",
            "other cache directories, looked at on a miss, in this order, and never written", any},
    Setting{"remote", "ZCCACHE_REMOTE", user, Paths::none,
            "redis://, rediss://, redis+unix://, http://, https://, s3:// or file:// and what follows", "none",
            "the team's server, asked on a miss: redis[s]://HOST:PORT/DATABASE, redis+unix:///SOCKET, http://, https://, s3://BUCKET "
            "or file:///DIRECTORY; several are separated by spaces",
            server},
    Setting{"remote_mode", "ZCCACHE_REMOTE_MODE", user, Paths::none, "read or write", "read",
            "read, or write: also send the server what is compiled here", remote_mode},
    Setting{"namespace", "ZCCACHE_NAMESPACE", user, Paths::none, "a name", "none", "values of one namespace are unknown in another", any},
    Setting{"remote_deadline_ms", "ZCCACHE_REMOTE_DEADLINE_MS", user, Paths::none, "a number of milliseconds", "900",
            "the longest that a compile waits for the server", count},
    Setting{"remote_idle_ms", "ZCCACHE_REMOTE_IDLE_MS", user, Paths::none, "a number of milliseconds", "60000",
            "how long zccache-remote stays without a question", count},
    Setting{"remote_password_file", "ZCCACHE_REMOTE_PASSWORD_FILE", user, Paths::one, "a file", "none",
            "a file with the password of Redis; the user stands in the URL", any},
    Setting{"remote_ttl_secs", "ZCCACHE_REMOTE_TTL_SECS", user, Paths::none, "a number of seconds", "while it has room",
            "how long Redis is to keep a value", count},
    Setting{"remote_token_file", "ZCCACHE_REMOTE_TOKEN_FILE", user, Paths::one, "a file", "~/.netrc is asked",
            "a file with a bearer token for HTTP", any},
    Setting{"remote_ca", "ZCCACHE_REMOTE_CA", user, Paths::one, "a file", "the system's", "a file with the certificates that TLS is to trust",
            any},
    Setting{"remote_cert", "ZCCACHE_REMOTE_CERT", user, Paths::one, "a file", "none",
            "a file with our own certificate, for a server that asks for one", any},
    Setting{"remote_key", "ZCCACHE_REMOTE_KEY", user, Paths::one, "a file", "in the file of the certificate",
            "a file with the private key of that certificate", any},
    Setting{"remote_access_key_file", "ZCCACHE_REMOTE_ACCESS_KEY_FILE", user, Paths::one, "a file", "~/.aws/credentials",
            "a file with keys for S3, as Amazon's own tools have it", any},
    Setting{"remote_sign_key", "ZCCACHE_REMOTE_SIGN_KEY", user, Paths::one, "a file", "none",
            "a file with the seed (64 hex digits) of the Ed25519 key that signs what is sent", any},
    Setting{"remote_trust", "ZCCACHE_REMOTE_TRUST", user, Paths::one, "a file", "none",
            "a file with public keys, one a line: what none of them signed is a miss", any},
    Setting{"projects", "ZCCACHE_PROJECTS", user, Paths::list, "absolute paths, separated by colons", "none",
            "directories below which a project's file .zccache is read", absolute},
    Setting{"layout", "ZCCACHE_LAYOUT", project, Paths::none, "flat, pack or auto", "auto",
            "flat, pack or auto: a file for each output, or one for all", layout},
    Setting{"compress", "ZCCACHE_COMPRESS", project, Paths::none, "off, zstd or a level from 1 to 19", "1",
            "off, zstd, or a level from 1 to 19: compress what is stored", compression},
    Setting{"hard_mark", "ZCCACHE_HARD_MARK", user, Paths::none, kMark, "100:80", "over 100% of the size, evict down to 80%", mark},
    Setting{"soft_mark", "ZCCACHE_SOFT_MARK", user, Paths::none, kMark, "85:70", "over 85% of the size, evict long unused entries down to 70%",
            mark},
    Setting{"soft_idle", "ZCCACHE_SOFT_IDLE", user, Paths::none, kDuration, "4d", "unused for how long, for the soft mark", duration},
    Setting{"flush_secs", "ZCCACHE_FLUSH_SECS", user, Paths::none, "a number of seconds", "when it is worth its bytes",
            "write a snapshot this many seconds after the last one", count},
    Setting{"flush_changes", "ZCCACHE_FLUSH_CHANGES", user, Paths::none, "a number", "when it is worth its bytes",
            "write a snapshot after this many changes", count},
    Setting{"allow_any_fs", "ZCCACHE_ALLOW_ANY_FS", user, Paths::none, kSwitch, "off", "switch: accept network and unknown file systems",
            a_switch},
};
// clang-format on

}  // namespace

std::span<const Setting> settings() noexcept { return kSettings; }

const Setting* find_setting(std::string_view name) noexcept {
  const auto* found = std::ranges::find_if(kSettings, [&](const Setting& one) { return name == one.key || name == one.variable; });
  return found == kSettings.end() ? nullptr : found;
}

std::string help_on(bool (*is_shown)(const Setting&)) {
  std::size_t column = 0;
  for (const Setting& one : kSettings) {
    if (is_shown(one)) column = std::max(column, std::string_view(one.variable).size());
  }
  std::string text;
  for (const Setting& one : kSettings) {
    if (!is_shown(one)) continue;
    const std::string name = one.variable;
    text += "  " + name + std::string(column + 2 - name.size(), ' ') + one.meaning + "; default: " + one.otherwise + "\n";
  }
  return text;
}

bool is_of_remote(const Setting& setting) noexcept {
  const std::string_view key = setting.key;
  return key.starts_with("remote") || key == "namespace";
}

}  // namespace zccache::config
