#include "settings_origin.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/report.hpp"

namespace ferrotunnel::detail {
namespace {

bool same(const Problem& a, const Problem& b) {
    return std::tie(a.file, a.line, a.column, a.key, a.text) == std::tie(b.file, b.line, b.column, b.key, b.text);
}

// Something about this key or a part of it is known to be wrong already.
bool is_known(const std::vector<Problem>& problems, const Problem& problem) {
    return std::any_of(problems.begin(), problems.end(), [&problem](const Problem& known) {
        return known.file == problem.file && known.key.starts_with(problem.key) &&
               (known.key.size() == problem.key.size() || known.key[problem.key.size()] == '[' ||
                known.key[problem.key.size()] == '.');
    });
}

template <typename Settings>
std::vector<Problem> all_problems(Settings& settings) {
    std::vector<Problem> found;
    check_settings(settings, found);
    locate(found, settings);
    std::vector<Problem> all = settings.file_problems;
    for (Problem& problem : found) {
        if (problem.line == 0 || !is_known(settings.file_problems, problem)) {
            all.push_back(std::move(problem));
        }
    }
    put_in_order(all);
    return all;
}

}  // namespace

void locate(std::vector<Problem>& problems, const Attached& attached) {
    for (Problem& problem : problems) {
        const auto origin = attached.origins.find(problem.key);
        if (origin != attached.origins.end()) {
            problem.key = origin->second.path;
            problem.text = config::without_tokens(problem.text);
            problem.file = origin->second.file;
            problem.line = origin->second.line;
            problem.column = origin->second.column;
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
