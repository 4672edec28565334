// Notices that the configuration may have changed, by inotify on the folders of its files: editors put another file in
// the place of the old one, and Kubernetes puts another folder in the place of the one behind a symbolic link.
//
//   quiet --something happens to a name--> armed --nothing more for `settle`, or `longest` is over--> due --> quiet
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferrotunnel::cli {

/// For one thread. Where inotify has no room, nothing is noticed: why() says so.
class ConfigWatch {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds settle{200};
    static constexpr std::chrono::milliseconds longest{2'000};
    static constexpr std::size_t folders_max = 256;

    ConfigWatch();
    ~ConfigWatch();
    ConfigWatch(const ConfigWatch&) = delete;
    ConfigWatch& operator=(const ConfigWatch&) = delete;

    /// Watches these files from now on, and no others, also where they are not there yet. A path that ends in a slash
    /// is a folder, of which everything counts. Where that means other folders than before, the watch is armed: a file
    /// may have changed before it was watched.
    void set_files(const std::vector<std::string>& files);

    /// Readable when something has happened; below 0: nothing is watched.
    int descriptor() const noexcept { return descriptor_; }
    /// Takes in what has happened.
    void take(Clock::time_point now);
    /// How long until the watch is due; nothing: it is not armed.
    std::optional<std::chrono::milliseconds> due_in(Clock::time_point now) const;
    /// Whether it is time to read the files. If so, the watch is quiet again.
    bool take_due(Clock::time_point now);
    /// Whether something has happened since the watch was last due, and it is not armed for other files alone.
    bool has_seen() const noexcept { return has_seen_; }

    /// Why something is not watched; empty: all of it is.
    const std::string& why() const noexcept { return why_; }

private:
    /// Folders with the names in them that count; an empty name stands for all.
    using Folders = std::map<std::string, std::set<std::string>>;

    static void add_path(const std::string& path, Folders& folders, unsigned links);
    void watch(const Folders& folders);
    void arm(Clock::time_point now);

    int descriptor_;
    std::map<int, std::set<std::string>> watches_;  // the names that count, by inotify's number of the folder
    Folders folders_;
    std::optional<Clock::time_point> first_;  // when it was armed
    Clock::time_point last_{};
    bool has_seen_ = false;
    std::string why_;
};

}  // namespace ferrotunnel::cli
