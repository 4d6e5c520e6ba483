#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/descriptor.hpp"

namespace zccache::bench {

MappedFile::MappedFile(std::filesystem::path path, std::size_t bytes) : path_(std::move(path)) {
  const tools::Descriptor file(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const int error = file ? posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)) : errno;
  if (error != 0) throw std::system_error(error, std::generic_category(), path_.string());
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), path_.string());
  madvise(memory, bytes, MADV_HUGEPAGE);
  bytes_ = {static_cast<std::byte*>(memory), bytes};
}

MappedFile::~MappedFile() {
  munmap(bytes_.data(), bytes_.size());
  unlink(path_.c_str());
}

}  // namespace zccache::bench
