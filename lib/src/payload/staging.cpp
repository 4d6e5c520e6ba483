#include "payload/staging.hpp"

#include <algorithm>

#include "format/layout.hpp"
#include "payload/copy.hpp"
#include "payload/pack.hpp"
#include "payload/payload_files.hpp"
#include "payload/staged.hpp"

namespace zccache {
namespace {

namespace fs = std::filesystem;

/// Up to here one file takes less time to store and to serve than several; above, copying in the kernel makes up for their number.
constexpr std::uint64_t kPackedUpTo = std::uint64_t{256} << 10;

result<AtomicFile> create_beside(const fs::path& target) {
  if (auto made = make_folders_of(target); !made) return made.error();
  auto file = AtomicFile::create_beside(target);
  if (file) mark_as_being_written(file->fd());
  return file;
}

}  // namespace

bool is_packed(PayloadLayout layout, Compression compression, std::size_t outputs, std::uint64_t total_size) noexcept {
  if (layout == PayloadLayout::flat) return false;
  // Only packs are compressed.
  const bool whatever_fits = layout == PayloadLayout::pack || compression.level != 0;
  return whatever_fits ? outputs != 0 && total_size <= format::kMaxPackBytes : outputs > 1 && total_size <= kPackedUpTo;
}

result<StagedPayload> StagedPayload::stage(const CacheDirectory& directory, std::string_view key, std::span<const PayloadBytes> outputs,
                                           PayloadLayout layout, Compression compression) {
  std::uint64_t total_size = 0;
  for (const PayloadBytes& output : outputs) total_size += output.size;
  StagedPayload payload;
  auto staged = is_packed(layout, compression, outputs.size(), total_size) ? payload.stage_pack(directory, key, outputs, compression)
                                                                           : payload.stage_flat(directory, key, outputs);
  if (!staged) return staged.error();
  return payload;
}

result<void> StagedPayload::stage_flat(const CacheDirectory& directory, std::string_view key, std::span<const PayloadBytes> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    fs::path target = output_path(directory, key, i);
    auto file = create_beside(target);
    if (!file) return file.error();
    const auto digest = outputs[i].copy_to(file->fd(), target);
    if (!digest) return digest.error();
    const auto status = status_of(file->fd(), target);
    if (!status) return status.error();
    sizes_.push_back(static_cast<std::uint64_t>(status->st_size));
    digests_.push_back(*digest);
    files_.push_back({std::move(*file), std::move(target)});
  }
  return {};
}

result<void> StagedPayload::stage_pack(const CacheDirectory& directory, std::string_view key, std::span<const PayloadBytes> outputs,
                                       Compression compression) {
  auto pack = make_pack(key, outputs, compression);
  if (!pack) return pack.error();
  fs::path target = pack_path(directory, key);
  auto file = create_beside(target);
  if (!file) return file.error();
  if (auto written = write_all(file->fd(), pack->bytes, target); !written) return written;
  for (const PayloadBytes& output : outputs) sizes_.push_back(output.size);
  digests_ = std::move(pack->digests);
  files_.push_back({std::move(*file), std::move(target)});
  return {};
}

result<Placement> StagedPayload::place() {
  Placement placement;
  for (File& file : files_) {
    if (auto placed = placement.put(file.staged, file.target); !placed) return placed.error();
  }
  return placement;
}

void StagedPayload::unlink_others(const CacheDirectory& directory, std::string_view key, std::size_t outputs_before) const {
  for (const fs::path& file : files_of(directory, key, std::max(outputs_before, sizes_.size()))) {
    if (std::ranges::find(files_, file, &File::target) == files_.end()) unlink_payload(file);
  }
}

}  // namespace zccache
