#include "shadowing.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "folder_names.hpp"
#include "macro_questions.hpp"

namespace zccache::cc {
namespace {

std::string folder_of(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : file.substr(0, slash));
}

std::string joined(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.ends_with('/')) path += '/';
  return path.append(name);
}

bool is_tested(const HeaderName& header) { return header.place != Place::include; }

class Surveyor {
 public:
  Surveyor(const std::vector<SourceFile>& files, bool gcc, const timespec& start) : gcc_(gcc), start_(start) {
    for (const SourceFile& file : files) {
      if (!file.exists) continue;
      read_.insert(plain(file.name));
      inodes_.try_emplace({file.stamp.device, file.stamp.inode}, &file);
      looks_.emplace(look_of(file.stamp), &file);
    }
  }

  // Names in definitions may be those of headers.
  void follow_macros() { follows_macros_ = true; }

  // `name` is looked for in `folder`, which need not exist.
  void look(const std::string& folder, const HeaderName& header) {
    if (!is_tested(header) && !settled_.emplace(joined(folder, header.name)).second) return;
    std::string place = nearest_folder(folder);
    std::string_view rest = header.name;
    if (is_tested(header)) searched_.insert(place);
    if (place != folder)
      return must_stay_absent(place, first_part(folder.starts_with(place + "/") ? folder.substr(place.size()) : folder), false);
    std::vector<std::string> on_the_way{place};
    for (;;) {
      while (rest.starts_with('/')) rest.remove_prefix(1);
      const std::string_view part = rest.substr(0, rest.find('/'));
      const bool last = part.size() == rest.size();
      const std::string path = joined(place, part);
      const Found found = find(path);
      if (found == Found::nothing) return must_stay_absent(place, part, last);
      if (last) {
        if (found == Found::file) take_present(place, part, path, is_tested(header));
        if (found == Found::folder && may_be_header(header)) take_folder(place, part, path);
        if (!read_paths_.contains(path)) searched_.insert(on_the_way.begin(), on_the_way.end());
        return;
      }
      if (found == Found::file) return refuse(path + " is no folder");
      place = path;
      on_the_way.push_back(path);
      if (is_tested(header)) searched_.insert(path);
      rest.remove_prefix(part.size());
    }
  }

  void watch(const std::string& folder) { any_name_.insert(folder); }

  void refuse(std::string why) {
    if (found_.uncertain.empty()) found_.uncertain = std::move(why);
  }

  Surroundings finish(bool imports) {
    // gcc imports no file that is like one it has only been asked for.
    if (gcc_ && imports && !present_.empty()) refuse("#import, and " + *present_.begin() + " is only asked for");
    for (const auto& [path, names] : absent_) add_folder(path, {names.begin(), names.end()}, any_name_.contains(path));
    for (const std::string& path : any_name_) {
      if (!absent_.contains(path)) add_folder(path, {}, true);
    }
    for (const std::string& path : searched_) note_if_unsettled(path);
    found_.present.assign(present_.begin(), present_.end());
    found_.folders_for_files.assign(folders_.begin(), folders_.end());
    for (auto& [path, file] : twins_) found_.twins.push_back(std::move(file));
    return std::move(found_);
  }

 private:
  enum class Found { nothing, file, folder };

  // To include a folder by its whole path is an error.
  [[nodiscard]] bool may_be_header(const HeaderName& header) const {
    return header.place != Place::definition || (follows_macros_ && !header.name.starts_with('/'));
  }

  Found find(const std::string& path) {
    const auto [known, is_new] = looked_at_.try_emplace(path, Found::nothing);
    if (is_new) known->second = look_at(path);
    return known->second;
  }

  Found look_at(const std::string& path) {
    // Nearly all names are looked for in folders that do not have them.
    if (names_.lacks(folder_of(path), path.substr(path.rfind('/') + 1))) return Found::nothing;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      // A name that is too long is none at all, but a string in a long macro.
      if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) refuse(path + " cannot be looked at");
      return Found::nothing;
    }
    // What leads to a file may be newer than the file.
    const bool led_there_since = S_ISLNK(status.st_mode) && !is_before(status.st_ctim, start_);
    if (S_ISLNK(status.st_mode) && ::stat(path.c_str(), &status) != 0) {
      // What it leads to may appear without a trace in this folder.
      refuse(path + " is a symlink that leads nowhere");
      return Found::nothing;
    }
    if (S_ISDIR(status.st_mode)) {
      if (led_there_since) found_.unsettled = path;
      return Found::folder;
    }
    // Not read, and perhaps only there since: the compiler may not have seen it.
    const bool is_new = S_ISREG(status.st_mode) && (led_there_since || !is_before(status.st_ctim, start_));
    const bool was_read = read_.contains(plain(path));
    if (was_read) read_paths_.insert(path);
    if (led_there_since || (!was_read && is_new)) found_.appeared = path;
    if (!was_read && S_ISREG(status.st_mode)) take_twin(path, stamp_of(status));
    return Found::file;
  }

  // Compilers read a file only once that says so, or that has a guard, and each has its own idea of what one file is.
  void take_twin(const std::string& path, const FileStamp& stamp) {
    if (const auto same = inodes_.find({stamp.device, stamp.inode}); same != inodes_.end()) {
      twins_.emplace(path, SourceFile{path, true, same->second->digest, stamp});
      return;
    }
    const auto [first, last] = looks_.equal_range(look_of(stamp));
    if (!gcc_ || first == last) return;
    const auto file = read_file(path, content_);
    if (!file) return refuse(path + " cannot be read");
    if (std::any_of(first, last, [&](const auto& look) { return look.second->digest == file->digest; })) twins_.emplace(path, *file);
  }

  // A name without what compilers put in front of it or leave out.
  static std::string plain(std::string_view name) {
    while (name.starts_with("./")) name.remove_prefix(2);
    return std::string(name);
  }

  // By what gcc takes two files for one, unless their contents differ.
  using Look = std::pair<std::uint64_t, std::int64_t>;
  static Look look_of(const FileStamp& stamp) { return {stamp.size, stamp.modified_ns / 1'000'000'000}; }

  // A name in it may have come or gone since the start.
  void note_if_unsettled(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !is_before(status.st_mtim, start_) || !is_before(status.st_ctim, start_))
      found_.unsettled = folder;
  }

  // Folders above may have been moved there. That changes nothing in them but the time of their own last change.
  void look_above(const std::string& folder) {
    for (std::string place = folder_of(folder); place != "/" && place != "." && above_.insert(place).second; place = folder_of(place)) {
      struct stat status {};
      if (::lstat(place.c_str(), &status) != 0) continue;
      const bool changed_itself = status.st_ctim.tv_sec != status.st_mtim.tv_sec || status.st_ctim.tv_nsec != status.st_mtim.tv_nsec;
      if ((S_ISLNK(status.st_mode) || changed_itself) && !is_before(status.st_ctim, start_)) found_.unsettled = place;
    }
  }

  // The folder itself, or the one above it in which it, or what leads to it, would have to appear.
  std::string nearest_folder(const std::string& folder) {
    std::string place = folder;
    look_above(folder);
    for (;;) {
      const Found found = find(place);
      if (found == Found::folder) return place;
      if (found == Found::file) refuse(place + " is no folder");
      if (place.find('/') == std::string::npos) return ".";
      place = folder_of(place);
      if (place == "/") return place;
    }
  }

  static std::string first_part(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    return std::string(path.substr(0, path.find('/')));
  }

  void must_stay_absent(const std::string& folder, std::string_view name, bool is_header) {
    // A precompiled header stands for one that is not there, too.
    if (gcc_ && is_header && find(joined(folder, std::string(name) + ".gch")) != Found::nothing)
      refuse(joined(folder, name) + " is precompiled");
    absent_[folder].emplace(name);
  }

  void take_present(const std::string& folder, std::string_view name, const std::string& path, bool tested) {
    if (gcc_) must_stay_absent(folder, std::string(name) + ".gch", false);
    if (tested && !read_paths_.contains(path) && !twins_.contains(path)) present_.insert(path);
  }

  void take_folder(const std::string& folder, std::string_view name, const std::string& path) {
    if (name.empty() || name == "." || name == "..") return;  // is a folder whatever happens
    folders_.insert(path);
    if (!gcc_) return;
    const std::string precompiled = std::string(name) + ".gch";
    if (find(joined(folder, precompiled)) != Found::nothing) return refuse(path + " is precompiled");
    must_stay_absent(folder, precompiled, false);
  }

  void add_folder(const std::string& path, std::vector<std::string> names, bool any_name) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return refuse(path + " is gone");
    WatchedFolder folder{path, stamp_of(status), any_name, std::move(names)};
    folder.stamp.size = 0;
    // Changed since the start, or just before: what it holds now was looked at; its stamp proves nothing.
    if (!is_before(status.st_mtim, start_) || !is_before(status.st_ctim, start_)) folder.stamp = {};
    if (any_name && folder.stamp == FileStamp{}) return refuse(path + " is new");
    found_.folders.push_back(std::move(folder));
  }

  const bool gcc_;
  const timespec start_;
  std::unordered_set<std::string> read_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, const SourceFile*> inodes_;
  std::multimap<Look, const SourceFile*> looks_;
  std::unordered_set<std::string> read_paths_;  ///< names of those that were read, as they are looked for
  std::map<std::string, SourceFile> twins_;
  std::string content_;
  std::set<std::string> folders_;
  bool follows_macros_ = false;
  std::unordered_set<std::string> settled_;  ///< what was looked for to be included
  std::unordered_map<std::string, Found> looked_at_;
  FolderNames names_;
  std::map<std::string, std::set<std::string>> absent_;
  std::set<std::string> any_name_;
  std::set<std::string> present_;
  std::set<std::string> searched_;  ///< folders that something was looked for in, without its being read
  std::unordered_set<std::string> above_;
  Surroundings found_;
};

// The names by which a search could have led to the files that were read: for `#include MACRO`, whose names stand nowhere.
std::vector<HeaderName> names_behind(const std::vector<std::string>& directories, const std::vector<SourceFile>& files) {
  std::vector<HeaderName> names;
  for (const SourceFile& file : files) {
    for (const std::string& directory : directories) {
      const std::string beginning = joined(directory, "");
      if (file.name.starts_with(beginning)) names.push_back({file.name.substr(beginning.size()), true});
    }
    names.push_back({file.name.substr(file.name.rfind('/') + 1), true});
  }
  return names;
}

// Files whose includes or conditions are made of macros: a quoted name is looked for beside them, wherever it stands.
std::set<std::string> folders_of_askers(const std::vector<Asked>& asked, const MacroQuestions& questions) {
  std::set<std::string> folders;
  for (const std::string& file : questions.askers) folders.insert(folder_of(file));
  for (const Asked& file : asked) {
    if (file.directives.computed_include) folders.insert(folder_of(file.file));
  }
  return folders;
}

class Survey {
 public:
  Survey(const SearchPath& path, const std::vector<Asked>& asked, const std::vector<SourceFile>& files, bool gcc, const timespec& start)
      : path_(path), asked_(asked), files_(files), surveyor_(files, gcc, start) {}

  Surroundings make() {
    const MacroQuestions questions = macro_questions(asked_, path_.macros);
    if (!questions.uncertain.empty()) surveyor_.refuse(questions.uncertain);
    askers_ = folders_of_askers(asked_, questions);
    const bool computed = std::ranges::any_of(asked_, [](const Asked& file) { return file.directives.computed_include; });
    if (computed) surveyor_.follow_macros();
    for (const Asked& file : asked_) {
      for (const HeaderName& header : file.directives.headers) look(header, folder_of(file.file));
    }
    for (const HeaderName& header : questions.names) look_for_macro(header);
    if (computed) std::ranges::for_each(names_behind(path_.directories, files_), [this](const HeaderName& header) { look_for_macro(header); });
    for (const StampedPath& folder : path_.watched) surveyor_.watch(folder.path);
    return surveyor_.finish(std::ranges::any_of(asked_, [](const Asked& file) { return file.directives.imports; }));
  }

 private:
  void look(const HeaderName& header, const std::string& beside) {
    if (header.place == Place::definition) return look_for_macro(header);
    if (header.quoted && !header.name.starts_with('/')) surveyor_.look(beside, header);
    look_everywhere(header);
  }

  void look_for_macro(const HeaderName& header) {
    if (header.quoted && !header.name.starts_with('/')) {
      for (const std::string& folder : askers_) surveyor_.look(folder, header);
    }
    look_everywhere(header);
  }

  void look_everywhere(const HeaderName& header) {
    if (!seen_.emplace(header.name, header.place).second) return;
    if (header.name.starts_with('/')) return surveyor_.look("/", header);
    for (const std::string& directory : path_.directories) surveyor_.look(directory, header);
  }

  const SearchPath& path_;
  const std::vector<Asked>& asked_;
  const std::vector<SourceFile>& files_;
  Surveyor surveyor_;
  std::set<std::string> askers_;
  std::set<std::pair<std::string, Place>> seen_;
};

}  // namespace

Surroundings look_around(const SearchPath& path, const std::vector<Asked>& asked, const std::vector<SourceFile>& files, bool gcc,
                         const timespec& start) {
  return Survey(path, asked, files, gcc, start).make();
}

std::string changed_between(const Surroundings& before, const Surroundings& after) {
  const auto same_names = [](const WatchedFolder& one, const WatchedFolder& other) {
    return one.path == other.path && one.absent == other.absent;
  };
  const auto [folder, other] = std::ranges::mismatch(before.folders, after.folders, same_names);
  if (folder != before.folders.end()) return folder->path;
  if (other != after.folders.end()) return other->path;
  for (const auto paths : {&Surroundings::present, &Surroundings::folders_for_files}) {
    const auto [file, other_file] = std::ranges::mismatch(before.*paths, after.*paths);
    if (file != (before.*paths).end()) return *file;
    if (other_file != (after.*paths).end()) return *other_file;
  }
  const auto [twin, other_twin] = std::ranges::mismatch(before.twins, after.twins, {}, &SourceFile::name, &SourceFile::name);
  if (twin != before.twins.end()) return twin->name;
  if (other_twin != after.twins.end()) return other_twin->name;
  return before.uncertain == after.uncertain ? std::string() : after.uncertain;
}

}  // namespace zccache::cc
