#include "config/report.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::config {
namespace {

constexpr std::string_view secret_forms[] = {"ft1_", "ftc1_"};  // tokens, keys of clusters
constexpr std::string_view token_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t token_length_suspect = 20;  // shortened tokens are secrets too; shorter words are file names

// Where the first text begins that may be a secret, and its form.
std::pair<std::size_t, std::string_view> find_secret_form(std::string_view text) {
    std::pair<std::size_t, std::string_view> first{text.size(), {}};
    for (const std::string_view form : secret_forms) {
        first = std::min(first, {text.find(form), form});
    }
    return first;
}

}  // namespace

void Report::add(Place place, std::string_view path, std::string_view text) {
    findings_.push_back({place, without_tokens(path), without_tokens(text)});
}

std::vector<Finding> Report::take() {
    std::vector<Finding> all = std::exchange(findings_, {});
    std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) { return a.place < b.place; });
    if (all.size() > limits::config_problems_max) {
        const std::size_t more = all.size() - limits::config_problems_max;
        all.resize(limits::config_problems_max);
        const Place last = all.back().place;
        all.push_back({last, "", "and " + std::to_string(more) + " more problems after this place"});
    }
    return all;
}

std::string without_tokens(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto [begin, form] = find_secret_form(text);
        shown += text.substr(0, begin);
        text.remove_prefix(begin);
        const std::size_t length = std::min(text.find_first_not_of(token_letters), text.size());
        shown += length >= token_length_suspect ? std::string(form) + "***" : std::string(text.substr(0, length));
        text.remove_prefix(length);
    }
    return shown;
}

std::string as_written(std::string text, std::string_view value, std::string_view written) {
    for (const std::string& shown : {in_quotes(value), '"' + std::string(value) + '"'}) {
        const std::size_t at = value.empty() ? std::string::npos : text.find(shown);
        if (at != std::string::npos) {
            text.replace(at, shown.size(), in_quotes(written));
        }
    }
    return text;
}

std::string describe(const Node& node) {
    switch (node.kind) {
        case Node::Kind::nothing:
            return "nothing";
        case Node::Kind::text:
            return in_quotes(node.text);
        case Node::Kind::list:
            return "a list";
        case Node::Kind::map:
            return "keys of its own";
    }
    return {};
}

}  // namespace ferrotunnel::config
