// Watches the configuration files for changes, by inotify on their folders: editors replace the file, and Kubernetes
// replaces the folder behind a symbolic link.
//
// quiet --an event for a name--> armed --no event for `settle`, or `longest` has passed--> due --> quiet
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferrotunnel::cli {

/// For one thread. If inotify has no room, changes are not noticed; why() then returns the reason.
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

    /// Watches only these files from now on, even if they do not exist yet. A path that ends in a slash is a folder in
    /// which every name counts. If the folders differ from before, the watch is armed, since a file may have changed
    /// before it was watched.
    void set_files(const std::vector<std::string>& files);

    /// Readable when something has happened; negative: nothing is watched.
    int descriptor() const noexcept { return descriptor_; }
    /// Reads the pending events.
    void process_events(Clock::time_point now);
    /// The time until the watch is due; empty if it is not armed.
    std::optional<std::chrono::milliseconds> due_in(Clock::time_point now) const;
    /// Whether it is time to read the files. If so, the watch becomes quiet.
    bool consume_due(Clock::time_point now);
    /// Whether an event has arrived since the watch was last due; false if it was only armed for other files.
    bool has_changes() const noexcept { return has_changes_; }

    /// Why something is not watched; empty if everything is.
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
    bool has_changes_ = false;
    std::string why_;
};

}  // namespace ferrotunnel::cli
