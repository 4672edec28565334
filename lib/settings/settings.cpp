// Places of problems in the file, and their order.
#include "settings/settings.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/report.hpp"

namespace ferrotunnel::detail {
namespace {

bool same(const Problem& a, const Problem& b) {
    return std::tie(a.file, a.line, a.column, a.key, a.text) == std::tie(b.file, b.line, b.column, b.key, b.text);
}

bool is_below(std::string_view key, std::string_view group) {
    return key.starts_with(group) &&
           (key.size() == group.size() || key[group.size()] == '.' || key[group.size()] == '[');
}

// Whether a problem is already known for this key or a part of it; or, if the key is missing, for its group.
bool is_known(const std::vector<Problem>& problems, const Problem& problem, bool is_there) {
    return std::any_of(problems.begin(), problems.end(), [&](const Problem& known) {
        return !known.key.empty() &&
               (is_below(known.key, problem.key) || (!is_there && is_below(problem.key, known.key)));
    });
}

void locate(Problem& problem, const Origin& origin) {
    problem.key = origin.path;
    problem.text = config::without_tokens(config::as_written(std::move(problem.text), origin.value, origin.written));
    problem.file = origin.file;
    problem.line = origin.line;
    problem.column = origin.column;
}

template <typename Settings>
std::vector<Problem> all_problems(Settings& settings) {
    std::vector<Problem> found;
    check_settings(settings, found);
    std::vector<Problem> all = settings.file_problems;
    for (Problem& problem : found) {
        const auto origin = settings.origins.find(problem.key);
        if (origin != settings.origins.end()) {
            locate(problem, origin->second);
            if (is_known(settings.file_problems, problem, origin->second.is_there)) {
                continue;
            }
        }
        all.push_back(std::move(problem));
    }
    put_in_order(all);
    return all;
}

}  // namespace

void locate(std::vector<Problem>& problems, const Attached& attached) {
    for (Problem& problem : problems) {
        const auto origin = attached.origins.find(problem.key);
        if (origin != attached.origins.end()) {
            locate(problem, origin->second);
        }
    }
}

void put_in_order(std::vector<Problem>& problems) {
    std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
        return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
}

std::vector<Problem> problems_of(ClientSettings& settings) {
    return all_problems(settings);
}

std::vector<Problem> problems_of(ServerSettings& settings) {
    return all_problems(settings);
}

}  // namespace ferrotunnel::detail
