#include <zccache/artifact.hpp>

#include <chrono>
#include <numeric>

#include "format/record.hpp"

namespace zccache {

Artifact Artifact::from_outputs(std::vector<std::string> names, std::vector<std::uint64_t> sizes, std::string stdout_text,
                                std::string stderr_text, std::int32_t exit_code) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Artifact artifact;
  artifact.output_names = std::move(names);
  artifact.output_sizes = std::move(sizes);
  artifact.stdout_bytes = std::move(stdout_text);
  artifact.stderr_bytes = std::move(stderr_text);
  artifact.exit_code = exit_code;
  artifact.total_size = std::accumulate(artifact.output_sizes.begin(), artifact.output_sizes.end(), std::uint64_t{0});
  artifact.stored_at_secs = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  return artifact;
}

std::string_view ArtifactView::key() const noexcept { return format::key_of(*record_); }
std::uint64_t ArtifactView::total_size() const noexcept { return record_->total_size; }
std::uint64_t ArtifactView::stored_at_secs() const noexcept { return record_->stored_at_secs; }
std::uint64_t ArtifactView::used_at_secs() const noexcept { return format::used_at_secs(*record_); }
std::int32_t ArtifactView::exit_code() const noexcept { return record_->exit_code; }
std::string_view ArtifactView::stdout_bytes() const noexcept { return format::stdout_of(*record_); }
std::string_view ArtifactView::stderr_bytes() const noexcept { return format::stderr_of(*record_); }
std::size_t ArtifactView::output_count() const noexcept { return record_->output_count; }

std::string_view ArtifactView::output_name(std::size_t i) const noexcept {
  const std::size_t begin = i == 0 ? 0 : format::outputs_of(*record_)[i - 1].name_end;
  return format::names_of(*record_).substr(begin, format::outputs_of(*record_)[i].name_end - begin);
}
std::uint64_t ArtifactView::output_size(std::size_t i) const noexcept { return format::outputs_of(*record_)[i].size; }
std::uint32_t ArtifactView::output_mode(std::size_t i) const noexcept { return format::outputs_of(*record_)[i].mode; }
Digest ArtifactView::output_digest(std::size_t i) const noexcept {
  const format::OutputEntry& output = format::outputs_of(*record_)[i];
  return {.low = output.digest_low, .high = output.digest_high};
}

Artifact ArtifactView::to_artifact() const {
  Artifact artifact;
  bool modes = false;
  bool digests = false;
  for (std::size_t i = 0; i < output_count(); ++i) {
    artifact.output_names.emplace_back(output_name(i));
    artifact.output_sizes.push_back(output_size(i));
    artifact.output_modes.push_back(output_mode(i));
    artifact.output_digests.push_back(output_digest(i));
    modes |= output_mode(i) != 0;
    digests |= output_digest(i) != Digest{};
  }
  // What was given as empty was stored as zeros.
  if (!modes) artifact.output_modes.clear();
  if (!digests) artifact.output_digests.clear();
  artifact.stdout_bytes = stdout_bytes();
  artifact.stderr_bytes = stderr_bytes();
  artifact.exit_code = exit_code();
  artifact.total_size = total_size();
  artifact.stored_at_secs = stored_at_secs();
  return artifact;
}

}  // namespace zccache
