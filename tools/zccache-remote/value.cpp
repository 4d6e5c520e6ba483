#include "zccache-remote/value.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace zccache::remote {
namespace {

constexpr std::array<char, 8> kMagic = {'Z', 'C', 'V', 'A', 'L', 'U', 'E', '\n'};
constexpr std::uint32_t kVersion = 1;

/// In front of the parcels, little-endian as everything here. An unsigned value has zeros in the place of key and signature.
struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t parcels = 0;
  std::uint64_t body_bytes = 0;
  cc::ContentDigest name;
  cc::ContentDigest digest;  ///< over all of the above and the body
  PublicKey signed_by{};
  Signature signature{};
};
static_assert(sizeof(Header) == 184 && std::has_unique_object_representations_v<Header>);

// A signature is over this digest, which has the name and with that the namespace in it: a value signed for one place is no answer in another.
cc::ContentDigest digest_of(const Header& header, std::string_view body) {
  constexpr std::string_view kContext = "zccache value";
  return cc::Hasher().add(kContext).add(std::uint64_t{header.version}).add(std::uint64_t{header.parcels}).add(header.name).add(body).digest();
}

void put(std::string& to, std::uint32_t number) { to.append(reinterpret_cast<const char*>(&number), sizeof number); }
void put(std::string& to, std::string_view bytes) {
  put(to, static_cast<std::uint32_t>(bytes.size()));
  to += bytes;
}

void put(std::string& to, const Parcel& parcel) {
  put(to, parcel.key);
  put(to, static_cast<std::uint32_t>(parcel.exit_code));
  put(to, parcel.stdout_bytes);
  put(to, parcel.stderr_bytes);
  put(to, static_cast<std::uint32_t>(parcel.outputs.size()));
  for (const Parcel::Output& output : parcel.outputs) {
    put(to, output.name);
    put(to, output.mode);
    put(to, output.bytes);
  }
}

/// Reads what is there; after the end everything is empty, and ok() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number() {
    std::uint32_t value = 0;
    const std::string_view bytes = take(sizeof value);
    if (ok_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number())); }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// Lists grow as they are read and never by what a length promises, so memory is bounded by the bytes.
Parcel get_parcel(Reader& from) {
  Parcel parcel;
  parcel.key = from.text();
  parcel.exit_code = static_cast<std::int32_t>(from.number());
  parcel.stdout_bytes = from.text();
  parcel.stderr_bytes = from.text();
  for (std::uint32_t left = from.number(); left != 0 && from.ok(); --left) {
    Parcel::Output output;
    output.name = from.text();
    output.mode = from.number();
    output.bytes = from.text();
    parcel.outputs.push_back(std::move(output));
  }
  return parcel;
}

}  // namespace

cc::ContentDigest value_name(std::string_view name_space, std::string_view key) {
  constexpr std::string_view kContext = "zccache name";
  return cc::Hasher().add(kContext).add(name_space).add(key).digest();
}

std::string encode_value(const cc::ContentDigest& name, const std::vector<Parcel>& parcels, const Signer* signer) {
  std::string body;
  for (const Parcel& parcel : parcels) put(body, parcel);
  return seal_value(name, static_cast<std::uint32_t>(parcels.size()), body, signer);
}

std::string seal_value(const cc::ContentDigest& name, std::uint32_t parcels, std::string_view body, const Signer* signer) {
  Header header;
  header.parcels = parcels;
  header.body_bytes = body.size();
  header.name = name;
  header.digest = digest_of(header, body);
  if (signer != nullptr) {
    header.signed_by = signer->public_key();
    header.signature = signer->sign(header.digest);
  }
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  return bytes += body;
}

std::optional<std::vector<Parcel>> decode_value(const cc::ContentDigest& name, std::string_view bytes, const Trust& trust) {
  Header header;
  if (bytes.size() < sizeof header || bytes.size() > kMaxValueBytes) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::string_view body = bytes.substr(sizeof header);
  if (header.magic != kMagic || header.version != kVersion || header.body_bytes != body.size() || header.name != name) return std::nullopt;
  if (header.digest != digest_of(header, body) || !trust.accepts(header.signed_by, header.digest, header.signature)) return std::nullopt;
  Reader from(body);
  std::vector<Parcel> parcels;
  for (std::uint32_t left = header.parcels; left != 0 && from.ok(); --left) parcels.push_back(get_parcel(from));
  if (!from.at_end()) return std::nullopt;
  return parcels;
}

}  // namespace zccache::remote
