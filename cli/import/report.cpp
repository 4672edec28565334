#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "../printable.hpp"
#include "one_line.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {
namespace {

template <typename Entry, typename Key>
void sort(std::vector<Entry>& entries, Key key) {
    std::ranges::stable_sort(entries, std::less<>(), key);
    const auto repeated = std::ranges::unique(entries, std::equal_to<>(), key);
    entries.erase(repeated.begin(), repeated.end());
}

/// References to variables as they are in the new file: `${NAME}`.
std::string with_names(std::string text) {
    const std::string reference = env_reference("");
    const std::string begin = reference.substr(0, reference.size() / 2);
    const std::string end = reference.substr(reference.size() / 2);
    for (const auto& [mark, shown] : {std::pair(begin, "${"), std::pair(end, "}")}) {
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
            text.replace(at, mark.size(), shown);
        }
    }
    return text;
}

template <typename Entry>
std::vector<std::string> lines_of(const std::vector<Entry>& entries, auto text_of) {
    std::vector<std::string> lines;
    for (const Entry& entry : entries) {
        const std::string place = place_of(entry.origin);
        lines.push_back(printable(with_names((place.empty() ? place : place + ": ") + text_of(entry))));
    }
    return lines;
}

nlohmann::json to_json(const Origin& origin) {
    return {{"file", origin.file}, {"line", origin.line}};
}

}  // namespace

void sort_entries(Draft& draft) {
    const auto by_key = [](const auto& entry) {
        return std::tuple(entry.origin.file, entry.origin.line, entry.key, entry.why);
    };
    sort(draft.lost, by_key);
    sort(draft.needless, by_key);
    sort(draft.look_at,
         [](const LookAt& entry) { return std::tuple(entry.origin.file, entry.origin.line, entry.text); });
}

std::vector<std::string> lost_lines(const Draft& draft) {
    return lines_of(draft.lost, [](const Lost& entry) {
        return fmt::format("{}: {}{}{}", entry.key, entry.why, entry.instead.empty() ? "" : "; ", entry.instead);
    });
}

std::vector<std::string> needless_lines(const Draft& draft) {
    return lines_of(draft.needless, [](const Needless& entry) { return fmt::format("{}: {}", entry.key, entry.why); });
}

std::vector<std::string> look_at_lines(const Draft& draft) {
    return lines_of(draft.look_at, [](const LookAt& entry) { return entry.text; });
}

std::string report_json(const Draft& draft, const std::vector<std::string>& written,
                        const std::vector<std::string>& problems) {
    nlohmann::json report{{"written", written},
                          {"problems", problems},
                          {"command", one_line_command(draft)},
                          {"lost", nlohmann::json::array()},
                          {"look_at", nlohmann::json::array()},
                          {"needless", nlohmann::json::array()}};
    for (const Lost& entry : draft.lost) {
        nlohmann::json& item = report["lost"].emplace_back(to_json(entry.origin));
        item.update({{"key", entry.key}, {"why", with_names(entry.why)}, {"instead", with_names(entry.instead)}});
    }
    for (const Needless& entry : draft.needless) {
        nlohmann::json& item = report["needless"].emplace_back(to_json(entry.origin));
        item.update({{"key", entry.key}, {"why", entry.why}});
    }
    for (const LookAt& entry : draft.look_at) {
        report["look_at"].emplace_back(to_json(entry.origin))["text"] = with_names(entry.text);
    }
    return report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ferrotunnel::cli::importing
