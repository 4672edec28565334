// Chooses the format of a page by what an Accept field asks for.
#include <algorithm>
#include <tuple>

#include "http/characters.hpp"
#include "http/field_name.hpp"
#include "http/page.hpp"

namespace ferrotunnel::http {
namespace {

// Cuts off and returns the text before the first `separator` outside quotes.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size() && (quoted || rest[at] != separator); ++at) {
        if (rest[at] == '"') {
            quoted = !quoted;
        } else if (rest[at] == '\\' && quoted && at + 1 < rest.size()) {
            ++at;
        }
    }
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return trimmed(taken);
}

// Reads a weight like "0.5", "1" or "1.000" in thousandths; -1 for text that is not a weight.
int read_weight(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.')) {
        return -1;
    }
    int weight = text[0] - '0';
    for (std::size_t i = 2; i < 5; ++i) {
        const char digit = i < text.size() ? text[i] : '0';
        if (digit < '0' || digit > '9') {
            return -1;
        }
        weight = weight * 10 + (digit - '0');
    }
    return weight <= 1000 ? weight : -1;
}

struct Wish {
    int exactness = 0;  // 3: the type itself, 2: all of its kind, 1: everything, 0: not named
    int weight = 0;
};

int exactness_of(std::string_view range, PageFormat format) noexcept {
    if (range == "*/*") {
        return 1;
    }
    switch (format) {
        case PageFormat::html:
            return same_text(range, "text/html") ? 3 : same_text(range, "text/*") ? 2 : 0;
        case PageFormat::json:
            return same_text(range, "application/json") || same_text(range, "application/problem+json") ? 3
                   : same_text(range, "application/*")                                                  ? 2
                                                                                                        : 0;
        case PageFormat::text:
            break;
    }
    return same_text(range, "text/plain") ? 3 : same_text(range, "text/*") ? 2 : 0;
}

}  // namespace

PageFormat choose_format(std::string_view accept) noexcept {
    std::array<Wish, page_formats> wishes;
    while (!accept.empty()) {
        std::string_view item = take_until(accept, ',');
        const std::string_view range = take_until(item, ';');
        int weight = 1000;
        while (!item.empty()) {
            const std::string_view parameter = take_until(item, ';');
            if (parameter.size() >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') {
                weight = read_weight(parameter.substr(2));
                break;
            }
        }
        for (std::size_t i = 0; i < wishes.size() && weight >= 0; ++i) {
            const int exactness = exactness_of(range, static_cast<PageFormat>(i));
            if (exactness > wishes[i].exactness ||
                (exactness == wishes[i].exactness && exactness > 0 && weight > wishes[i].weight)) {
                wishes[i] = {exactness, weight};
            }
        }
    }
    auto best = PageFormat::text;
    auto rank = std::tuple(0, 1);  // text is the default: without a preference, or with only "*/*"
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        const auto own = std::tuple(wishes[i].weight, wishes[i].exactness);
        const bool everything = wishes[i].exactness == 1 && static_cast<PageFormat>(i) != PageFormat::text;
        const bool text_as_good = wishes[2].exactness == 1 && wishes[2].weight == wishes[i].weight;
        if (own > rank && wishes[i].weight > 0 && !(everything && text_as_good)) {
            best = static_cast<PageFormat>(i);
            rank = own;
        }
    }
    return best;
}

}  // namespace ferrotunnel::http
