// Results of a search in a text: secrets, and values that have to be searched without their wrapping.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/masked_text.hpp"
#include "inspect/wrapping.hpp"

namespace ferrotunnel::inspect {

struct Finding {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_secret = false;
    Wrapping wrapping = Wrapping::none;  // of a value to search
    std::string_view mask{};             // for a secret
    std::string name{};                  // likewise
};

/// Found in any order; one within another one does not count.
class Findings {
public:
    explicit Findings(std::string_view text) : text_(text) {}

    std::string_view text() const noexcept { return text_; }
    void add_secret(std::size_t begin, std::size_t end, std::string name, std::string_view written_mask = mask) {
        if (begin < end) {
            all_.push_back({begin, end, true, Wrapping::none, written_mask, std::move(name)});
        }
    }
    void add_wrapped(std::size_t begin, std::size_t end, Wrapping wrapping) {
        if (may_have_names(text_.substr(begin, end - begin))) {
            all_.push_back({begin, end, false, wrapping, {}, {}});
        }
    }

    /// The text with masks. `depth` is how often it was unwrapped already; beyond limits::inspect_wrappings_max a value
    /// that would have to be unwrapped is masked itself.
    Masked masked(const Secrets& secrets, const Replace& replace, std::size_t depth);

    /// Whether this value may contain something that is found by a name of its own.
    static bool may_have_names(std::string_view value) noexcept;

private:
    std::string_view text_;
    std::vector<Finding> all_;
};

}  // namespace ferrotunnel::inspect
