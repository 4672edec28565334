#include "inspect/masked_head.hpp"

#include <algorithm>

#include "http/field_name.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::size_t protocol_name_max = 24;
constexpr std::size_t protocol_digits_max = 4;

// Pages that open a WebSocket have no other place for a token, so a value that does not look like the name of a
// protocol is one, and so is one that follows the name of a secret.
bool is_protocol_name(std::string_view name) noexcept {
    std::size_t digits = 0;
    for (const char c : name) {
        const bool is_digit = c >= '0' && c <= '9';
        const bool is_of_name = (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '/' || c == ' ';
        digits += is_digit ? 1U : 0U;
        if (!is_digit && !is_of_name) {
            return false;
        }
    }
    return name.size() <= protocol_name_max && digits <= protocol_digits_max;
}

class Masking {
public:
    explicit Masking(std::string_view raw) : raw_(raw) {}

    /// `part` points into the head, after all earlier parts.
    void replace(std::string_view part, std::string_view with) {
        const auto at = static_cast<std::size_t>(part.data() - raw_.data());
        masked_.text.append(raw_.substr(copied_, at - copied_)).append(with);
        masked_.has_masks = true;
        copied_ = at + part.size();
    }
    Masked done() {
        masked_.text += raw_.substr(copied_);
        return std::move(masked_);
    }

private:
    std::string_view raw_;
    std::size_t copied_ = 0;
    Masked masked_;
};

void mask_url(std::string_view url, const Secrets& secrets, Masking& masking) {
    if (url.find_first_of("?#;@") == std::string_view::npos) {
        return;
    }
    if (const Masked masked = masked_url(url, secrets); masked.has_masks) {
        masking.replace(url, masked.text);
    }
}

void mask_protocols(std::string_view list, const Secrets& secrets, Masking& masking) {
    bool was_announced = false;
    while (!list.empty()) {
        std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(one.size() + 1, list.size()));
        const std::size_t begin = std::min(one.find_first_not_of(" \t"), one.size());
        one = one.substr(begin, one.find_last_not_of(" \t") + 1 - begin);
        if (!one.empty() && (was_announced || !is_protocol_name(one))) {
            masking.replace(one, mask);
        }
        was_announced = was_announced || secrets.is_secret(one);
    }
}

// Whatever its name, a field may have a URL, parameters or JSON as its value.
void mask_value(std::string_view value, const Secrets& secrets, Masking& masking) {
    if (value.find_first_of("=@:") == std::string_view::npos) {
        return;
    }
    if (const Masked masked = masked_text(value, secrets); masked.has_masks) {
        masking.replace(value, masked.text);
    }
}

}  // namespace

Masked masked_head(std::string_view raw, std::string_view target, const http::Fields& fields, const Secrets& secrets) {
    Masking masking(raw);
    if (secrets.are_hidden()) {
        mask_url(target, secrets, masking);
        for (const http::Field field : fields) {
            if (field.value.empty()) {
                continue;
            }
            if (secrets.hides(field.name, field.value)) {
                masking.replace(field.value, mask);
            } else if (http::same_text(field.name, "Sec-WebSocket-Protocol")) {
                mask_protocols(field.value, secrets, masking);
            } else {
                mask_value(field.value, secrets, masking);
            }
        }
    }
    return masking.done();
}

}  // namespace ferrotunnel::inspect
