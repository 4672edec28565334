#include "reloader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace ferrotunnel::cli {
namespace {

// Why a file can be read only once; empty: it can be read again.
std::string why_only_once(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
        return {};
    }
    return "it is no file but a pipe or a device, which can be read only once";
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

std::string ReloadReport::line(const std::string& file) const {
    if (!ok() && !applied.empty()) {
        return fmt::format("{} was applied only in part: {}; but not all of it: {}", file, shortened(applied, ", "),
                           shortened(problems, "; "));
    }
    if (!ok()) {
        return fmt::format("{} was not applied, and nothing has changed: {}", file, shortened(problems, "; "));
    }
    std::string text =
        fmt::format("{} was read again: {}", file, applied.empty() ? "nothing has changed" : shortened(applied, ", "));
    return needs_restart.empty() ? text : fmt::format("{}; needs a restart: {}", text, shortened(needs_restart, ", "));
}

Reloader::Reloader(Inputs inputs)
    : inputs_(std::move(inputs)), unreadable_(has_file() ? why_only_once(inputs_.file) : "there is no file") {}

void Reloader::set_files(const Config& config) {
    files_ = config.files();
    for (const std::string& token : inputs_.options.list("token-file")) {
        files_.push_back(token);
    }
}

ReloadReport Reloader::reload() noexcept {
    ReloadReport report;
    try {
        read_and_apply(report);
    } catch (const std::exception& error) {
        report.problems.emplace_back(error.what());
    }
    for (const auto& part : parts_) {
        part->cancel();  // where something was wrong
    }
    return report;
}

void Reloader::read_and_apply(ReloadReport& report) {
    // What is a pipe now would block, or give something else each time.
    if (const std::string why = unreadable_.empty() ? why_only_once(inputs_.file) : unreadable_; !why.empty()) {
        report.problems.push_back(why);
        return;
    }
    Problems problems;
    const Config config = read_again(inputs_.file, inputs_.section, problems);
    set_files(config);
    Sources sources{inputs_.options, inputs_.arguments, &config, inputs_.file_alone, parts_.size() > 1};
    sources.may_ask = false;
    for (const auto& part : parts_) {
        const bool is_server = part->side() == "server";
        if (is_server ? config.has_server() : config.has_client()) {
            part->prepare(sources, problems);
        } else if (problems.empty()) {
            report.needs_restart.emplace_back(part->side());  // its section has gone
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
    if (!problems.empty()) {
        report = {};
        report.problems = problems.lines();
        return;
    }
    apply(report);
}

// Everything was checked. What can still fail is the making of plugins, which are the server's, and that is first.
void Reloader::apply(ReloadReport& report) {
    for (const auto& part : parts_) {
        if (!part->is_prepared()) {
            continue;
        }
        const PartReport of_part = part->apply_prepared();
        add(report.applied, of_part.applied);
        add(report.needs_restart, of_part.needs_restart);
        add(report.problems, of_part.problems);
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
