#include "inspect/masked_text.hpp"

#include <algorithm>
#include <cstdint>

#include "base/hex.hpp"
#include "base/percent.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::inspect {
namespace {

// The name in a JSON text between quotes. Characters beyond ASCII do not matter: no word has them.
std::string name_in(std::string_view quoted) {
    std::string name;
    for (std::size_t i = 0; i < quoted.size(); ++i) {
        if (quoted[i] != '\\' || i + 1 == quoted.size()) {
            name += quoted[i];
            continue;
        }
        ++i;
        if (quoted[i] != 'u' || i + 4 >= quoted.size()) {
            name += quoted[i];
            continue;
        }
        int code = 0;
        for (std::size_t k = 1; k <= 4; ++k) {
            code = code * 16 + std::max(hex_value(quoted[i + k]), 0);
        }
        name += code < 0x80 ? static_cast<char>(code) : '?';
        i += 4;
    }
    return name;
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

constexpr std::string_view json_mask = "\"***\"";

std::string replacement(const Replace& replace, const std::string& name, std::string_view value,
                        std::string_view otherwise) {
    return replace ? replace(name, value) : std::string(otherwise);
}

class JsonMasking {
public:
    JsonMasking(std::string_view text, const Secrets& secrets, const Replace& replace)
        : text_(text), secrets_(secrets), replace_(replace) {}

    Masked run() {
        for (at_ = text_.find('"'); at_ < text_.size(); at_ = text_.find('"', at_)) {
            const std::size_t quote = at_;
            skip_string();
            const std::string_view quoted = text_.substr(quote + 1, at_ - quote - 1);
            std::size_t behind = at_;
            while (behind < text_.size() && is_blank(text_[behind])) {
                ++behind;
            }
            const bool closed = quoted.ends_with('"');
            if (!closed || behind == text_.size() || text_[behind] != ':') {
                continue;
            }
            if (const std::string name = name_in(quoted.substr(0, quoted.size() - 1)); secrets_.is_secret(name)) {
                mask_value(name, behind + 1);
            }
        }
        if (!masked_.has_masks) {
            masked_.text = text_;
        } else {
            masked_.text += text_.substr(copied_);
        }
        return std::move(masked_);
    }

private:
    // From a quote to behind the next one, or to the end.
    void skip_string() {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '"') {
                ++at_;
                return;
            }
        }
        at_ = text_.size();
    }

    void mask_value(const std::string& name, std::size_t begin) {
        at_ = begin;
        while (at_ < text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
        const std::size_t value = at_;
        skip_value();
        if (at_ == value) {
            return;  // nothing of it is there
        }
        masked_.text += text_.substr(copied_, value - copied_);
        masked_.text += replacement(replace_, name, text_.substr(value, at_ - value), json_mask);
        copied_ = at_;
        masked_.has_masks = true;
    }

    void skip_value() {
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (depth == 0) {
                    return;
                }
                --depth;
                ++at_;
            } else if (depth == 0 && (c == ',' || is_blank(c))) {
                return;
            } else {
                ++at_;
                continue;  // of a number or a word, which goes on
            }
            if (depth == 0) {
                return;
            }
        }
    }

    const std::string_view text_;
    const Secrets& secrets_;
    const Replace& replace_;
    Masked masked_;
    std::size_t at_ = 0;
    std::size_t copied_ = 0;  // what is before this is in the result
};

}  // namespace

Masked masked_form(std::string_view text, const Secrets& secrets, const Replace& replace) {
    Masked masked;
    while (true) {
        const std::size_t end = text.find('&');
        const std::string_view pair = text.substr(0, end);
        const std::size_t equals = pair.find('=');
        const bool has_value = equals != std::string_view::npos && equals + 1 < pair.size();
        const std::string name = has_value ? percent_decoded(pair.substr(0, equals)) : std::string();
        if (has_value && secrets.is_secret(name)) {
            masked.text.append(pair.substr(0, equals + 1));
            masked.text += replacement(replace, name, pair.substr(equals + 1), mask);
            masked.has_masks = true;
        } else {
            masked.text += pair;
        }
        if (end == std::string_view::npos) {
            return masked;
        }
        masked.text += '&';
        text.remove_prefix(end + 1);
    }
}

Masked masked_url(std::string_view url, const Secrets& secrets, const Replace& replace) {
    const std::size_t fragment = std::min(url.find('#'), url.size());
    const std::size_t query = std::min(url.find('?'), fragment);
    Masked masked{std::string(url.substr(0, query)), false};
    if (query < fragment) {
        Masked pairs = masked_form(url.substr(query + 1, fragment - query - 1), secrets, replace);
        masked.text.append("?").append(pairs.text);
        masked.has_masks = pairs.has_masks;
    }
    // Answers to a browser carry secrets in the fragment as well ("#access_token=...").
    if (fragment < url.size()) {
        Masked pairs = masked_form(url.substr(fragment + 1), secrets, replace);
        masked.text.append("#").append(pairs.text);
        masked.has_masks = masked.has_masks || pairs.has_masks;
    }
    return masked;
}

Masked masked_json(std::string_view text, const Secrets& secrets, const Replace& replace) {
    return JsonMasking(text, secrets, replace).run();
}

Masked masked_multipart(std::string_view text, std::string_view boundary, const Secrets& secrets,
                        const Replace& replace) {
    const std::string line = "--" + std::string(boundary);
    Masked masked;
    while (!text.empty()) {
        // A part reaches from one boundary to the next one, with its fields and the empty line behind them.
        const std::size_t next = text.find(line, 1);
        const std::string_view part = text.substr(0, next);
        text.remove_prefix(part.size());
        const std::size_t content = part.find("\r\n\r\n");
        const std::string name(parameter_of(part.substr(0, content), "name"));
        if (content == std::string_view::npos || !secrets.is_secret(name)) {
            masked.text += part;
            continue;
        }
        const std::string_view line_end = text.empty() ? "" : "\r\n";
        std::string_view value = part.substr(content + 4);
        value.remove_suffix(value.ends_with(line_end) ? line_end.size() : 0);
        masked.text.append(part.substr(0, content + 4));
        masked.text.append(replacement(replace, name, value, mask)).append(line_end);
        masked.has_masks = true;
    }
    return masked;
}

Search search_for(std::string_view content_type) {
    const std::string type = media_type_of(content_type);
    const std::string_view view = type;
    if (view == "application/x-www-form-urlencoded") {
        return Search::form;
    }
    if (view == "multipart/form-data") {
        return Search::multipart;
    }
    // Beacons and hand-made clients send JSON as plain text, or say nothing of it.
    const bool may_be_json = view.empty() || view == "text/plain" || view == "text/json" || view.ends_with("json") ||
                             view == "application/javascript" || view == "text/javascript";
    return may_be_json ? Search::json : Search::none;
}

Masked masked_body(std::string_view text, std::string_view content_type, const Secrets& secrets,
                   const Replace& replace) {
    switch (search_for(content_type)) {
        case Search::form:
            return masked_form(text, secrets, replace);
        case Search::multipart:
            return masked_multipart(text, parameter_of(content_type, "boundary"), secrets, replace);
        case Search::json:
            return masked_json(text, secrets, replace);
        case Search::none:
            break;
    }
    return {std::string(text), false};
}

std::string_view parameter_of(std::string_view value, std::string_view name) {
    for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';', at)) {
        ++at;
        while (at < value.size() && is_blank(value[at])) {
            ++at;
        }
        if (at + name.size() >= value.size() || value[at + name.size()] != '=' ||
            !http::same_text(value.substr(at, name.size()), name)) {
            continue;
        }
        std::string_view found = value.substr(at + name.size() + 1);
        if (found.starts_with('"')) {
            found.remove_prefix(1);
            return found.substr(0, found.find('"'));
        }
        return found.substr(0, found.find_first_of("; \t\r\n"));
    }
    return {};
}

std::string media_type_of(std::string_view value) {
    std::string type(value.substr(0, value.find_first_of("; \t")));
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return type;
}

}  // namespace ferrotunnel::inspect
