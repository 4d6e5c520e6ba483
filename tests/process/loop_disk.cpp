#include "process/loop_disk.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/file.hpp"
#include "process/children.hpp"
#include "process/own_namespaces.hpp"

namespace zccache::test {
namespace {

namespace fs = std::filesystem;

constexpr off_t kBlock = 4096;

/// The smallest that its mkfs accepts, or little more. The image is sparse.
off_t image_bytes(const std::string& type) { return off_t{type == "xfs" ? 320 : type == "btrfs" ? 128 : 64} << 20; }

bool make_image(const std::string& type, const fs::path& image) {
  const UniqueFd fd(::open(image.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd || ::ftruncate(fd.get(), image_bytes(type)) != 0) return false;
  const std::string force = type == "ext4" ? "-F" : "-f";
  const std::string command = "PATH=$PATH:/usr/sbin:/sbin mkfs." + type + " -q " + force + " '" + image.string() + "' >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

/// The path of a loop device for the image, which goes when `device` is closed and it is not mounted; empty if there is none to be had.
std::string attach(const fs::path& image, UniqueFd* device) {
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  const UniqueFd fd(::open(image.c_str(), O_RDWR | O_CLOEXEC));
  if (!control || !fd) return {};
  for (;;) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    const std::string path = "/dev/loop" + std::to_string(number);
    *device = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (number < 0 || !*device) return {};
    struct loop_config config {};
    config.fd = static_cast<__u32>(fd.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(device->get(), LOOP_CONFIGURE, &config) == 0) return path;
    if (errno != EBUSY) return {};  // somebody else took it meanwhile: the next one
  }
}

bool mount_image(const std::string& type, const fs::path& image, const fs::path& disk) {
  UniqueFd device;
  const std::string path = attach(image, &device);
  return !path.empty() && ::mount(path.c_str(), disk.c_str(), type.c_str(), 0, nullptr) == 0;
}

void sync_disk(const fs::path& disk) {
  const UniqueFd fd(::open(disk.c_str(), O_RDONLY | O_CLOEXEC));
  (void)::syncfs(fd.get());
}

}  // namespace

int on_a_disk_of(const std::string& type, const fs::path& folder, const std::function<int(const fs::path&)>& work) {
  const fs::path image = folder / (type + ".image");
  const fs::path disk = folder / (type + ".disk");
  fs::create_directory(disk);
  // The mount is in a namespace of the process, and goes with it; the device goes with its last user.
  Child child([&] {
    if (!own_mounts() || !make_image(type, image) || !mount_image(type, image, disk)) return kNoSuchDisk;
    return work(disk);
  });
  return child.reap();
}

void exhaust(const fs::path& disk) {
  sync_disk(disk);  // what was freed is free, and what was written has its blocks
  const UniqueFd fd(::open((disk / "filler").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  off_t size = ::lseek(fd.get(), 0, SEEK_END);
  for (off_t step = off_t{64} << 20; step >= kBlock; step /= 2) {
    while (::fallocate(fd.get(), 0, size, step) == 0) size += step;
  }
  sync_disk(disk);
}

void give_back(const fs::path& disk, std::size_t blocks) {
  const UniqueFd fd(::open((disk / "filler").c_str(), O_RDWR | O_CLOEXEC));
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  (void)::ftruncate(fd.get(), size - static_cast<off_t>(blocks) * kBlock);
  sync_disk(disk);
}

void give_back_all(const fs::path& disk) {
  for (const char* name : {"filler", "copy"}) {
    std::error_code ignored;
    fs::resize_file(disk / name, 0, ignored);  // gives the blocks back now: those of what was unlinked, xfs frees in the background
    fs::remove(disk / name);
  }
  sync_disk(disk);
}

bool share_blocks(const fs::path& file, const fs::path& copy) {
  fs::remove(copy);
  const UniqueFd from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd to(::open(copy.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ask_for_changes_in_place(to.get());  // btrfs shares between files of one kind only
  return ::fsync(from.get()) == 0 && ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

}  // namespace zccache::test
