// Asks one question and ends: through the C library, or by the system call itself. usage: observe_asker libc|raw QUESTION [PATH [OTHER]]
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <thread>

namespace {

bool raw = false;
char* path = nullptr;
char* other = nullptr;

using Ask = long (*)();

// Answers nobody looks at: what counts is what the observer saw.
const std::map<std::string, Ask> kQuestions = {
    {"open", [] { return raw ? ::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY) : ::open(path, O_RDONLY); }},
    {"fopen", [] { return ::fopen(path, "r") == nullptr ? -1L : 0L; }},
    {"create",
     [] {
       return raw ? ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0640) : ::open(path, O_WRONLY | O_CREAT | O_EXCL, 0640);
     }},
    {"append", [] { return long{::open(path, O_WRONLY | O_APPEND)}; }},
    {"truncate", [] { return long{::open(path, O_WRONLY | O_TRUNC)}; }},
    {"stat",
     [] {
       struct stat s;
       return raw ? ::syscall(SYS_newfstatat, AT_FDCWD, path, &s, 0) : ::stat(path, &s);
     }},
    {"lstat",
     [] {
       struct stat s;
       return raw ? ::syscall(SYS_newfstatat, AT_FDCWD, path, &s, AT_SYMLINK_NOFOLLOW) : ::lstat(path, &s);
     }},
    {"fstat_often",
     [] {
       struct stat s;
       const int file = ::open(path, O_RDONLY);
       long wrong = 0;
       for (int i = 0; i < 10000; ++i) wrong += ::fstat(file, &s) != 0 || s.st_size != 4;
       return -wrong;
     }},
    {"access", [] { return raw ? ::syscall(SYS_faccessat, AT_FDCWD, path, R_OK | X_OK) : ::access(path, R_OK | X_OK); }},
    {"readlink",
     [] {
       char to[256];
       return raw ? ::syscall(SYS_readlinkat, AT_FDCWD, path, to, sizeof to) : ::readlink(path, to, sizeof to);
     }},
    {"realpath", [] { return ::realpath(path, nullptr) == nullptr ? -1L : 0L; }},
    {"list",
     [] {
       DIR* directory = ::opendir(path);
       return directory != nullptr && ::readdir(directory) != nullptr ? 0L : -1L;
     }},
    {"rename", [] { return raw ? ::syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, 0) : ::rename(path, other); }},
    {"unlink", [] { return raw ? ::syscall(SYS_unlinkat, AT_FDCWD, path, 0) : ::unlink(path); }},
    {"mkdir", [] { return raw ? ::syscall(SYS_mkdirat, AT_FDCWD, path, 0750) : ::mkdir(path, 0750); }},
    {"symlink", [] { return raw ? ::syscall(SYS_symlinkat, other, AT_FDCWD, path) : ::symlink(other, path); }},
    {"link", [] { return raw ? ::syscall(SYS_linkat, AT_FDCWD, other, AT_FDCWD, path, 0) : ::link(other, path); }},
    {"chmod", [] { return raw ? ::syscall(SYS_fchmodat, AT_FDCWD, path, 0600) : ::chmod(path, 0600); }},
    {"xattr", [] { return ::getxattr(path, "user.x", nullptr, 0); }},
    {"exec",
     [] {
       char* argv[] = {path, nullptr};
       return raw ? ::syscall(SYS_execve, path, argv, environ) : ::execv(path, argv);
     }},
    {"chdir",
     [] {
       struct stat s;
       return ::chdir(path) == 0 ? ::stat(other, &s) : -1L;
     }},
    {"at",
     [] {  // relative to a directory that is open
       struct stat s;
       const int directory = ::open(path, O_RDONLY | O_DIRECTORY);
       return raw ? ::syscall(SYS_newfstatat, directory, other, &s, 0) : ::fstatat(directory, other, &s, 0);
     }},
    {"empty_path",
     [] {  // a flag that lets the path be empty does not make it so
       struct stat s;
       return ::syscall(SYS_newfstatat, AT_FDCWD, path, &s, AT_EMPTY_PATH);
     }},
    {"across_pages",
     [] {  // the path begins at the end of one page
       static char pages[3 * 4096];
       char* edge = pages + (4096 - reinterpret_cast<std::size_t>(pages) % 4096) + 4096 - 3;
       std::strcpy(edge, path);
       struct stat s;
       return ::syscall(SYS_newfstatat, AT_FDCWD, edge, &s, 0);
     }},
    {"bad_pointer", [] { return long{::open(reinterpret_cast<const char*>(8), O_RDONLY)} == -1 ? 0L : 1L; }},
    {"getenv", [] { return ::getenv(path) == nullptr ? 1L : 0L; }},
    {"localtime",
     [] {
       const time_t moment = 86400;
       return ::localtime(&moment) == nullptr ? 1L : 0L;
     }},
    {"stdin",
     [] {
       char byte;
       return long{::read(0, &byte, 1)};
     }},
    {"inherited",
     [] {
       char byte;
       return long{::read(std::atoi(path), &byte, 1)};
     }},
    {"connect",
     [] {
       sockaddr_un address{};
       address.sun_family = AF_UNIX;
       std::strcpy(address.sun_path, path);
       return long{::connect(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof address)};
     }},
    {"network", [] { return long{::socket(AF_INET, SOCK_DGRAM, 0)}; }},
    {"unshare", [] { return long{::unshare(0)}; }},
    {"vfork",
     [] {
       const pid_t child = ::vfork();
       if (child == 0) {
         ::execl(path, path, static_cast<char*>(nullptr));
         ::_exit(1);
       }
       int status = 0;
       return long{::waitpid(child, &status, 0)} == child ? long{status} : -1L;
     }},
    {"threads",
     [] {
       const auto ask = [] {
         struct stat s;
         for (int i = 0; i < 1000; ++i) (void)::stat((std::string(path) + std::to_string(i)).c_str(), &s);
       };
       std::thread first(ask);
       std::thread second(ask);
       first.join();
       second.join();
       return 0L;
     }},
    {"many",
     [] {  // more than the log holds
       struct stat s;
       for (int i = 0; i < std::atoi(other); ++i) (void)::stat((std::string(path) + std::to_string(i)).c_str(), &s);
       return 0L;
     }},
    {"closed",
     [] {  // a program that closes all that it did not open
       for (int i = 3; i < 1024; ++i) ::close(i);
       struct stat s;
       return long{::stat(path, &s)};
     }},
    {"killed", [] { return long{::kill(::getpid(), SIGKILL)}; }},
    {"outlived",
     [] {  // leaves a process behind that waits for a word, asks, and writes its answer
       if (::fork() != 0) return 0L;
       while (::access(other, F_OK) != 0) ::usleep(1000);
       const int file = ::open(path, O_WRONLY | O_CREAT, 0600);
       return file >= 0 && ::write(file, "done", 4) == 4 ? 0L : 1L;
     }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  raw = std::strcmp(argv[1], "raw") == 0;
  path = argc > 3 ? argv[3] : nullptr;
  other = argc > 4 ? argv[4] : nullptr;
  const auto question = kQuestions.find(argv[2]);
  if (question == kQuestions.end()) return 2;
  return question->second() < 0 ? 1 : 0;
}
