#include "config/report.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::config {
namespace {

constexpr std::string_view token_form = "ft1_";
constexpr std::string_view token_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t token_length_suspect = 20;  // one that was cut is a secret too; a short word is a file's name
constexpr std::size_t quoted_length_max = 60;

bool goes_on(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;  // within a character of UTF-8
}

}  // namespace

void Report::add(Place place, std::string path, std::string text) {
    findings_.push_back({place, without_tokens(path), without_tokens(text)});
}

std::vector<Finding> Report::take() {
    std::vector<Finding> all = std::exchange(findings_, {});
    std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) { return a.place < b.place; });
    if (all.size() > limits::config_problems_max) {
        const std::size_t more = all.size() - limits::config_problems_max;
        all.resize(limits::config_problems_max);
        const Place last = all.back().place;
        all.push_back({last, "", "and " + std::to_string(more) + " more problems behind this place"});
    }
    return all;
}

std::string without_tokens(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find(token_form), text.size());
        shown += text.substr(0, begin);
        text.remove_prefix(begin);
        const std::size_t length = std::min(text.find_first_not_of(token_letters), text.size());
        shown += length >= token_length_suspect ? "ft1_***" : std::string(text.substr(0, length));
        text.remove_prefix(length);
    }
    return shown;
}

std::string as_written(std::string text, std::string_view value, std::string_view written) {
    // Messages repeat at most so much of a value.
    for (std::size_t length : {value.size(), std::size_t{100}, std::size_t{60}}) {
        const std::string shown = '"' + std::string(value.substr(0, length));
        const std::size_t at = length > value.size() || shown.size() == 1 ? std::string::npos : text.find(shown + '"');
        if (at != std::string::npos) {
            text.replace(at, shown.size() + 1, quoted(written));
        }
    }
    return text;
}

std::string describe(const Node& node) {
    switch (node.kind) {
        case Node::Kind::nothing:
            return "nothing";
        case Node::Kind::text:
            return quoted(node.text);
        case Node::Kind::list:
            return "a list";
        case Node::Kind::map:
            return "keys of its own";
    }
    return {};
}

std::string quoted(std::string_view text) {
    std::size_t length = std::min(text.size(), quoted_length_max);
    while (length < text.size() && length > 0 && goes_on(text[length])) {
        --length;
    }
    return '"' + std::string(text.substr(0, length)) + (length < text.size() ? "...\"" : "\"");
}

}  // namespace ferrotunnel::config
