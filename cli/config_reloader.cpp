#include "config_reloader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace ferrotunnel::cli {
namespace {

// Why a file can be read only once; empty if it can be read again.
std::string why_only_once(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
        return {};
    }
    return "it is not a file but a pipe or a device, which can be read only once";
}

std::string shortened(const std::vector<std::string>& texts, std::string_view between) {
    constexpr std::size_t shown_max = 8;
    const std::size_t shown = std::min(texts.size(), shown_max);
    std::string text = fmt::format("{}", fmt::join(texts.begin(), texts.begin() + static_cast<long>(shown), between));
    return texts.size() == shown ? text : fmt::format("{}{}and {} more", text, between, texts.size() - shown);
}

void add(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

std::string ReloadReport::outcome() const {
    if (!ok()) {
        return (applied.empty() ? "" : shortened(applied, ", ") + "; not applied: ") + shortened(problems, "; ");
    }
    return applied.empty() ? "nothing has changed" : shortened(applied, ", ");
}

std::string ReloadReport::line(const std::string& file) const {
    if (!ok() && !applied.empty()) {
        return fmt::format("{} was applied only in part: {}", file, outcome());
    }
    if (!ok()) {
        return fmt::format("{} was not applied, and nothing has changed: {}", file, outcome());
    }
    return fmt::format("{} was read again: {}", file, whole_outcome());
}

std::string ReloadReport::whole_outcome() const {
    const std::string text = outcome();
    return !ok() || needs_restart.empty()
               ? text
               : fmt::format("{}; needs a restart: {}", text, shortened(needs_restart, ", "));
}

ConfigReloader::ConfigReloader(Inputs inputs)
    : inputs_(std::move(inputs)), unreadable_(has_file() ? why_only_once(inputs_.file) : "there is no file") {}

void ConfigReloader::set_initial(std::shared_ptr<const Config> config) {
    set_files(*config);
    initial_ = config;
    in_effect_ = std::move(config);
}

void ConfigReloader::set_files(const Config& config) {
    files_ = config.files();
    for (const std::string& token : inputs_.options.list("token-file")) {
        files_.push_back(token);
    }
}

ReloadReport ConfigReloader::reload() noexcept {
    ReloadReport report = reload_from([this](Problems& problems) { return read(problems); });
    for (const auto& part : parts_) {
        part->note_reload(report.ok(), report.whole_outcome());
    }
    return report;
}

ReloadReport ConfigReloader::roll_back(const std::shared_ptr<const Config>& before) noexcept {
    ReloadReport report = reload_from([&before](Problems&) { return before; });
    for (const auto& part : parts_) {
        part->note_reload(report.ok(), "the trial ended, and the earlier settings are restored: " + report.outcome());
    }
    return report;
}

ReloadAnswer ConfigReloader::compare() noexcept {
    ReloadAnswer answer;
    try {
        answer.effective = in_effect_ ? in_effect_->effective() : "";
        Problems problems;
        ReloadReport report;
        const auto config = read(problems);
        prepare(*config, report, problems);
        if (problems.empty()) {
            for (const auto& part : parts_) {
                const PartReport of_part = part->is_prepared() ? part->preview() : PartReport();
                add(report.applied, of_part.keys);
                add(report.needs_restart, of_part.needs_restart);
            }
            answer.changes = changes_to(*config, report);
        }
        answer.problems = problems.lines();
    } catch (const std::exception& error) {
        answer.problems.emplace_back(error.what());
    }
    for (const auto& part : parts_) {
        part->cancel();
    }
    return answer;
}

// A pipe would block, or return other content each time.
std::shared_ptr<const Config> ConfigReloader::read(Problems& problems) {
    if (const std::string why = unreadable_.empty() ? why_only_once(inputs_.file) : unreadable_; !why.empty()) {
        throw std::runtime_error(why);
    }
    auto config = std::make_shared<const Config>(read_again(inputs_.file, inputs_.section, problems));
    set_files(*config);
    return config;
}

void ConfigReloader::prepare(const Config& config, ReloadReport& report, Problems& problems) {
    Sources sources{inputs_.options, inputs_.arguments, &config, inputs_.file_alone, parts_.size() > 1};
    sources.may_control = false;
    for (const auto& part : parts_) {
        const bool is_server = part->side() == "server";
        if (is_server ? config.has_server() : config.has_client()) {
            part->prepare(sources, problems);
        } else if (problems.empty()) {
            report.needs_restart.emplace_back(part->side());  // the section of this part is gone
        }
    }
    const auto runs = [this](std::string_view side) {
        return std::any_of(parts_.begin(), parts_.end(), [&](const auto& part) { return part->side() == side; });
    };
    for (const char* side : {"server", "client"}) {
        const bool is_there = side == std::string_view("server") ? config.has_server() : config.has_client();
        if (inputs_.section.empty() && is_there && !runs(side)) {
            report.needs_restart.emplace_back(side);
        }
    }
}

ReloadReport ConfigReloader::reload_from(
    const std::function<std::shared_ptr<const Config>(Problems&)>& source) noexcept {
    ReloadReport report;
    try {
        Problems problems;
        const std::shared_ptr<const Config> config = source(problems);
        prepare(*config, report, problems);
        if (problems.empty()) {
            apply(report);
        } else {
            report = {};
            report.problems = problems.lines();
        }
        if (report.ok()) {
            set_files(*config);
            in_effect_ = config;
        }
    } catch (const std::exception& error) {
        report.problems.emplace_back(error.what());
    }
    for (const auto& part : parts_) {
        part->cancel();  // there was a problem
    }
    return report;
}

// The differences below each key that the parts have named, as written in the file.
std::vector<ConfigChange> ConfigReloader::changes_to(const Config& config, const ReloadReport& report) const {
    std::vector<ConfigChange> changes;
    const auto add_below = [&](const std::vector<ConfigChange>& all, const std::string& key, bool needs_restart) {
        const auto is_below = [](const std::string& longer, const std::string& shorter) {
            return longer.starts_with(shorter) &&
                   (longer.size() == shorter.size() || longer[shorter.size()] == '.' || longer[shorter.size()] == '[');
        };
        const std::string list = key.substr(0, key.find('['));
        bool found = false;
        for (const std::string& wanted : {key, list}) {
            for (ConfigChange change : all) {
                if (found || !(is_below(change.key, wanted) || change.key == list)) {
                    continue;
                }
                change.needs_restart = needs_restart;
                if (std::find(changes.begin(), changes.end(), change) == changes.end()) {
                    changes.push_back(std::move(change));
                }
            }
            found = found || std::any_of(changes.begin(), changes.end(), [&](const ConfigChange& one) {
                        return is_below(one.key, wanted) || one.key == list;
                    });
        }
        if (!found) {
            changes.push_back({key, "", "", "", needs_restart});
        }
    };
    const auto live = config.changes_since(*in_effect_);
    for (const std::string& key : report.applied) {
        add_below(live, key, false);
    }
    const auto since_start = config.changes_since(*initial_);
    for (const std::string& key : report.needs_restart) {
        add_below(since_start, key, true);
    }
    return changes;
}

// Everything was checked. Only making plugins can still fail; they belong to the server, which is first.
void ConfigReloader::apply(ReloadReport& report) {
    for (const auto& part : parts_) {
        if (!part->is_prepared()) {
            continue;
        }
        const PartReport of_part = part->apply_prepared();
        add(report.applied, of_part.applied);
        add(report.needs_restart, of_part.needs_restart);
        add(report.problems, of_part.problems);
        add(report.same, of_part.same);
        if (!report.ok()) {
            break;
        }
    }
    for (std::vector<std::string>* texts : {&report.applied, &report.needs_restart}) {  // both sides have `log`
        std::vector<std::string> once;
        std::copy_if(texts->begin(), texts->end(), std::back_inserter(once),
                     [&](const auto& text) { return std::find(once.begin(), once.end(), text) == once.end(); });
        texts->swap(once);
    }
}

}  // namespace ferrotunnel::cli
