#include "config_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace ferrotunnel::cli {
namespace {

constexpr std::uint32_t looked_for =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr unsigned links_max = 40;  // as many as the kernel follows

// The target of a symbolic link; empty if it is not a link.
std::string target_of(const std::string& path) {
    std::array<char, 4096> target{};
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

ConfigWatch::ConfigWatch() : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (descriptor_ < 0) {
        why_ = std::generic_category().message(errno);
    }
}

ConfigWatch::~ConfigWatch() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

// Adds the folder of the file, and that of each symbolic link on the way to it.
void ConfigWatch::add_path(const std::string& path, Folders& folders, unsigned links) {
    if (links > links_max || path.empty()) {
        return;
    }
    if (path.back() == '/') {
        folders[path].insert("");
        add_path(path.substr(0, path.size() - 1), folders, links + 1);
        return;
    }
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        const std::size_t slash = part.rfind('/');
        const std::string folder = slash == std::string::npos ? "./" : part.substr(0, slash + 1);
        const std::string name = part.substr(slash == std::string::npos ? 0 : slash + 1);
        const std::string target = target_of(part);
        if (!name.empty() && (!target.empty() || end == std::string::npos)) {
            folders[folder].insert(name);
        }
        if (!target.empty()) {
            add_path(target.front() == '/' ? target : folder + target, folders, links + 1);
        }
        if (end == std::string::npos) {
            return;
        }
    }
}

void ConfigWatch::set_files(const std::vector<std::string>& files) {
    Folders folders;
    for (const std::string& file : files) {
        add_path(file, folders, 0);
    }
    const bool is_new = folders != folders_;
    watch(folders);
    folders_ = std::move(folders);
    if (is_new) {
        arm(Clock::now());
    }
}

void ConfigWatch::watch(const Folders& folders) {
    if (descriptor_ < 0) {
        return;
    }
    why_.clear();
    std::map<int, std::set<std::string>> watches;
    for (const auto& [folder, names] : folders) {
        const int number = watches.size() < folders_max ? ::inotify_add_watch(descriptor_, folder.c_str(), looked_for)
                                                        : (errno = ENOSPC, -1);
        if (number >= 0) {
            watches[number].insert(names.begin(), names.end());
        } else if (errno != ENOENT && errno != ENOTDIR) {
            why_ = folder + ": " + std::generic_category().message(errno);
        }
    }
    for (const auto& [number, names] : watches_) {
        if (!watches.contains(number)) {
            ::inotify_rm_watch(descriptor_, number);
        }
    }
    watches_ = std::move(watches);
}

void ConfigWatch::arm(Clock::time_point now) {
    first_ = first_.value_or(now);
    last_ = now;
}

void ConfigWatch::process_events(Clock::time_point now) {
    alignas(inotify_event) std::array<char, 16'384> bytes{};
    for (ssize_t size = ::read(descriptor_, bytes.data(), bytes.size()); size > 0;
         size = ::read(descriptor_, bytes.data(), bytes.size())) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, bytes.data() + at, sizeof event);
            const char* const name = bytes.data() + at + sizeof event;
            at += sizeof event + event.len;
            const auto watched = watches_.find(event.wd);
            const bool counts = watched != watches_.end() && (event.len == 0 || watched->second.contains("") ||
                                                              watched->second.contains(std::string(name)));
            if (counts || (event.mask & IN_Q_OVERFLOW) != 0) {
                arm(now);
                has_changes_ = true;
            }
        }
    }
}

std::optional<std::chrono::milliseconds> ConfigWatch::due_in(Clock::time_point now) const {
    if (!first_) {
        return std::nullopt;
    }
    const Clock::time_point due = std::min(last_ + settle, *first_ + longest);
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(due - now, Clock::duration::zero()));
}

bool ConfigWatch::consume_due(Clock::time_point now) {
    const bool due = first_ && due_in(now)->count() == 0;
    if (due) {
        first_.reset();
        has_changes_ = false;
    }
    return due;
}

}  // namespace ferrotunnel::cli
