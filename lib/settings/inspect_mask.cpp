// Words by which the inspector recognizes secrets.
#include "base/text.hpp"
#include "inspect/secrets.hpp"
#include "settings/client.hpp"

namespace ferrotunnel::detail {

std::optional<std::string> mask_fault(const std::string& word) {
    if (inspect::plain_name(word).empty()) {
        return in_quotes(word) + " has no letter and no digit";
    }
    if (word.size() > limits::inspect_name_bytes_max) {
        return in_quotes(word) + " is too long: a word has at most 64 bytes";
    }
    return std::nullopt;
}

void check_mask(const std::vector<std::string>& words, std::vector<Problem>& problems) {
    if (words.size() > limits::inspect_names_max) {
        problems.push_back({"inspect_mask", "has too many words: at most 64"});
    }
    for (const std::string& word : words) {
        if (auto fault = mask_fault(word)) {
            problems.push_back({"inspect_mask", std::move(*fault)});
        }
        if (word == mask_off && words.size() > 1) {
            problems.push_back({"inspect_mask", "`off` masks nothing, and must be the only word"});
        }
    }
}

}  // namespace ferrotunnel::detail
