// Reads the configuration file again and applies what has changed.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config_option.hpp"
#include "run.hpp"

namespace ferrotunnel::cli {

/// The result of a reload. If there are `problems`, nothing was changed.
struct ReloadReport {
    std::vector<std::string> applied;        // "server.token alice added"
    std::vector<std::string> needs_restart;  // keys that differ and keep their values: "server.bind"
    std::vector<std::string> problems;       // each with its place in the file
    std::vector<std::string> same;           // "client.services web"

    bool ok() const noexcept { return problems.empty(); }
    bool unchanged() const noexcept { return ok() && applied.empty() && needs_restart.empty(); }
    /// Everything in one line, with long lists shortened.
    std::string line(const std::string& file) const;
    /// The changes, or the reason why there are none.
    std::string outcome() const;
    /// Like outcome(), with the keys that need a restart.
    std::string whole_outcome() const;
    ReloadAnswer answer() const {
        ReloadAnswer all{applied, needs_restart, problems};
        all.same = same;
        return all;
    }
};

/// Options override the file in a reload as they do at the start.
class ConfigReloader {
public:
    /// The sources of the parts' settings.
    struct Inputs {
        const Options& options;
        Arguments& arguments;
        std::string file;     // empty if there is none
        std::string section;  // the only one that counts, "server" or "client"; empty: both
        bool file_alone = false;
    };

    explicit ConfigReloader(Inputs inputs);

    /// The running parts, which must outlive this object.
    void set_parts(std::span<const std::unique_ptr<Part>> parts) { parts_ = parts; }

    /// Reads the file, checks everything, and then applies it to the parts. Asks nothing at the terminal. To be called
    /// on the main thread.
    ReloadReport reload() noexcept;
    /// Applies an earlier configuration without reading it. Files that it names are used as they are now.
    ReloadReport roll_back(const std::shared_ptr<const Config>& before) noexcept;
    /// What a reload would change, key by key, or why it would fail. Changes nothing.
    ReloadAnswer compare() noexcept;

    bool has_file() const noexcept { return !inputs_.file.empty(); }
    /// Whether there is a file that can be read more than once.
    bool can_be_read_again() const noexcept { return unreadable_.empty(); }
    const std::string& file() const noexcept { return inputs_.file; }
    /// The files that the last reading read or looked for.
    const std::vector<std::string>& files() const noexcept { return files_; }
    /// Sets the configuration that the parts were made from. Call it once, before anything else.
    void set_initial(std::shared_ptr<const Config> config);
    /// The configuration that was applied last.
    const std::shared_ptr<const Config>& in_effect() const noexcept { return in_effect_; }

private:
    std::shared_ptr<const Config> read(Problems& problems);
    void prepare(const Config& config, ReloadReport& report, Problems& problems);
    ReloadReport reload_from(const std::function<std::shared_ptr<const Config>(Problems&)>& source) noexcept;
    void apply(ReloadReport& report);
    std::vector<ConfigChange> changes_to(const Config& config, const ReloadReport& report) const;
    void set_files(const Config& config);

    const Inputs inputs_;
    std::span<const std::unique_ptr<Part>> parts_;
    std::shared_ptr<const Config> in_effect_;
    std::shared_ptr<const Config> initial_;  // compared to find what needs a restart
    std::vector<std::string> files_;
    std::string unreadable_;  // why the file cannot be read again; empty if it can
};

}  // namespace ferrotunnel::cli
