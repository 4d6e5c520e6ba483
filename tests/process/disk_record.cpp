#include "process/disk_record.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "format/hash.hpp"
#include "process/tracee.hpp"
#include "support.hpp"

namespace zccache::test {
namespace {

namespace fs = std::filesystem;
using Bytes = std::shared_ptr<const std::string>;

constexpr std::size_t kPage = 4096;

/// Takes pictures of a tree in which equal bytes are held once and a file keeps its id for as long as it has a name.
class Camera {
 public:
  explicit Camera(fs::path root) : root_(std::move(root)) {}

  Tree take() {
    Tree tree;
    std::map<ino_t, FileId> ids;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) add(entry, &tree, &ids);
    ids_ = std::move(ids);
    last_ = tree.bytes;
    return tree;
  }
  /// Of an open descriptor of a process: the name and the file it leads to.
  [[nodiscard]] std::optional<std::string> name_of(pid_t pid, std::uint64_t fd) const {
    std::error_code gone;
    const fs::path path = fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd), gone);
    const std::string name = path.lexically_relative(root_).string();
    return gone || name.starts_with("..") ? std::nullopt : std::optional(name);
  }

 private:
  void add(const fs::directory_entry& entry, Tree* tree, std::map<ino_t, FileId>* ids) {
    const std::string name = entry.path().lexically_relative(root_).string();
    if (entry.is_directory()) {
      tree->names[name] = kFolder;
      return;
    }
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0) throw std::runtime_error("lstat");
    const auto known = ids_.find(status.st_ino);
    const FileId id = ids->try_emplace(status.st_ino, known != ids_.end() ? known->second : next_id_++).first->second;
    tree->names[name] = id;
    auto bytes = read_file(entry.path());
    const auto before = last_.find(id);
    tree->bytes[id] =
        before != last_.end() && *before->second == bytes ? before->second : std::make_shared<const std::string>(std::move(bytes));
  }

  fs::path root_;
  FileId next_id_ = kFolder + 1;
  std::map<ino_t, FileId> ids_;
  std::map<FileId, Bytes> last_;
};

bool is_sync(const SystemCall& call) { return call.number == SYS_fsync || call.number == SYS_fdatasync; }

std::string folder_of(const std::string& name) {
  const std::string folder = fs::path(name).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::uint64_t hash_of(const Tree& tree) {
  std::string all;
  for (const auto& [name, id] : tree.names) {
    all += name + '\0' + std::to_string(id) + '\0';
    if (id == kFolder) continue;
    const std::string& bytes = *tree.bytes.at(id);
    all += std::to_string(format::checksum64(bytes.data(), bytes.size())) + '\0';
  }
  return format::checksum64(all.data(), all.size());
}

Bytes zeros_like(const Bytes& bytes) { return std::make_shared<const std::string>(bytes->size(), '\0'); }

}  // namespace

void Tree::write_to(const fs::path& root) const {
  fs::create_directory(root);
  fs::permissions(root, fs::perms::owner_all);
  std::map<FileId, fs::path> written;
  for (const auto& [name, id] : names) {  // a folder sorts before what is in it
    const fs::path path = root / name;
    if (id == kFolder) {
      fs::create_directory(path);
      fs::permissions(path, fs::perms::owner_all);
    } else if (const auto [first, is_new] = written.try_emplace(id, path); is_new) {
      write_file(path, *bytes.at(id));
      fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    } else {
      fs::create_hard_link(first->second, path);
    }
  }
}

DiskRecord record(const fs::path& root, const std::function<int()>& body) {
  Camera camera(root);
  Tracee tracee(body);
  DiskRecord record{.before = camera.take(), .steps = {}};
  Tree last = record.before;
  while (const auto call = tracee.next_call()) {
    const auto name = is_sync(*call) ? camera.name_of(tracee.pid(), call->arguments[0]) : std::nullopt;
    const bool synced = tracee.finish_call() == 0 && name;
    DiskStep step{.after = camera.take(), .synced_file = {}, .synced_folder = {}};
    if (!synced && step.after.names == last.names && step.after.bytes == last.bytes) continue;
    if (synced && fs::is_directory(root / *name)) step.synced_folder = *name;
    if (synced && !step.synced_folder) step.synced_file = step.after.names.at(*name);
    last = step.after;
    record.steps.push_back(std::move(step));
  }
  if (tracee.finish() != 0) throw std::runtime_error("what was to be recorded failed");
  return record;
}

PowerLoss::PowerLoss(const DiskRecord& record, std::set<std::string> unsynced, std::uint64_t seed)
    : record_(record), random_(seed), now_(record.before), durable_names_(record.before.names) {
  for (const auto& [name, id] : now_.names) {
    if (id == kFolder) continue;
    Versions& versions = versions_[id];
    if (!versions.empty()) continue;
    if (unsynced.contains(name)) versions.push_back(zeros_like(now_.bytes.at(id)));
    versions.push_back(now_.bytes.at(id));
  }
}

void PowerLoss::apply(const DiskStep& step) {
  Edit edit;
  const auto change = [&](const std::string& name, std::optional<FileId> to) {
    edit.names[name] = to;
    edit.folders.insert(folder_of(name));
  };
  for (const auto& [name, id] : step.after.names) {
    const auto before = now_.names.find(name);
    if (before == now_.names.end() || before->second != id) change(name, id);
  }
  for (const auto& [name, id] : now_.names) {
    if (!step.after.names.contains(name)) change(name, std::nullopt);
  }
  if (!edit.names.empty()) edits_.push_back(std::move(edit));
  for (const auto& [id, bytes] : step.after.bytes) {
    Versions& versions = versions_[id];
    if (versions.empty()) versions.push_back(std::make_shared<const std::string>());  // new: nothing of it is on the disk
    if (versions.back() != bytes) versions.push_back(bytes);
  }
  now_ = step.after;
  if (step.synced_file) versions_[*step.synced_file].assign(1, now_.bytes.at(*step.synced_file));
  if (!step.synced_folder) return;
  const auto made_durable = [&](const Edit& done) {
    if (!done.folders.contains(*step.synced_folder)) return false;
    for (const auto& [name, id] : done.names) {
      if (id) durable_names_[name] = *id;
      if (!id) durable_names_.erase(name);
    }
    return true;
  };
  std::erase_if(edits_, made_durable);
}

Tree PowerLoss::state(std::uint64_t chosen_edits, const std::function<Bytes(const Versions&)>& choose) const {
  Tree tree{.names = durable_names_, .bytes = {}};
  for (std::size_t i = 0; i < edits_.size(); ++i) {
    if ((chosen_edits >> i & 1) == 0) continue;
    for (const auto& [name, id] : edits_[i].names) {
      if (id) tree.names[name] = *id;
      if (!id) tree.names.erase(name);
    }
  }
  // What is in a folder that never got to the disk is not there either.
  std::erase_if(tree.names, [&](const auto& entry) {
    const std::string folder = folder_of(entry.first);
    return folder != "." && !tree.names.contains(folder);
  });
  for (const auto& [name, id] : tree.names) {
    if (id != kFolder && !tree.bytes.contains(id)) tree.bytes[id] = choose(versions_.at(id));
  }
  return tree;
}

Bytes PowerLoss::torn(const Versions& versions) {
  if (versions.size() == 1) return versions.front();
  const auto any = [&]() -> const std::string& { return *versions[random_() % versions.size()]; };
  std::string bytes(any().size(), '\0');
  for (std::size_t at = 0; at < bytes.size(); at += kPage) {
    const std::string& from = any();
    if (at < from.size())
      bytes.replace(at, std::min({kPage, bytes.size() - at, from.size() - at}), from, at, std::min(kPage, bytes.size() - at));
  }
  if (random_() % 4 == 0) bytes.resize(random_() % (bytes.size() + 1));
  return std::make_shared<const std::string>(std::move(bytes));
}

void PowerLoss::for_each_state(std::size_t torn_mixtures, const std::function<void(const Tree&, std::size_t)>& visit) {
  constexpr std::size_t kMostEdits = 12;
  std::set<std::uint64_t> seen;
  for (std::size_t done = 0;; ++done) {
    if (done == record_.steps.size()) seen.clear();  // more is expected of these
    if (edits_.size() > kMostEdits) throw std::runtime_error("too many unsynced changes of names to try all parts of them");
    const auto visit_new = [&](const Tree& tree) {
      if (seen.insert(hash_of(tree)).second) visit(tree, done);
    };
    for (std::uint64_t chosen = 0; chosen < std::uint64_t{1} << edits_.size(); ++chosen) {
      visit_new(state(chosen, [](const Versions& versions) { return versions.front(); }));
      visit_new(state(chosen, [](const Versions& versions) { return versions.back(); }));
      for (std::size_t i = 0; i < torn_mixtures; ++i) visit_new(state(chosen, [&](const Versions& versions) { return torn(versions); }));
    }
    if (done == record_.steps.size()) return;
    apply(record_.steps[done]);
  }
}

}  // namespace zccache::test
