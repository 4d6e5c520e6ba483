// file:///a/shared/directory: one file for each value, for machines that mount the same file system.
#pragma once

#include <filesystem>

#include "zccache-remote/backend.hpp"

namespace zccache::remote {

class FileBackend : public Backend {
 public:
  FileBackend(std::filesystem::path directory, const Limits& limits) : directory_(std::move(directory)), limits_(limits) {}

  Reply get(const cc::ContentDigest& name) override;
  Reply put(const cc::ContentDigest& name, std::string_view bytes) override;

 private:
  [[nodiscard]] std::filesystem::path path_of(const cc::ContentDigest& name) const;

  const std::filesystem::path directory_;
  const Limits limits_;
};

}  // namespace zccache::remote
