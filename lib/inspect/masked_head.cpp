#include "inspect/masked_head.hpp"

#include "http/field_name.hpp"

namespace ferrotunnel::inspect {
namespace {

using http::FieldName;

// Fields whose values are URLs, which may have secrets in their queries.
bool has_url(const http::Field& field) noexcept {
    return field.known == FieldName::location || http::same_text(field.name, "Referer") ||
           http::same_text(field.name, "Content-Location") || field.known == FieldName::x_original_url ||
           field.known == FieldName::x_rewrite_url;
}

class Masking {
public:
    explicit Masking(std::string_view raw) : raw_(raw) {}

    /// `part` points into the head, behind all parts before.
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
    if (url.find_first_of("?#") == std::string_view::npos) {
        return;
    }
    if (const Masked masked = masked_url(url, secrets); masked.has_masks) {
        masking.replace(url, masked.text);
    }
}

}  // namespace

Masked masked_head(std::string_view raw, std::string_view target, const http::Fields& fields, const Secrets& secrets) {
    Masking masking(raw);
    if (secrets.are_hidden()) {
        mask_url(target, secrets, masking);
        for (const http::Field field : fields) {
            if (!field.value.empty() && secrets.is_secret(field.name)) {
                masking.replace(field.value, mask);
            } else if (has_url(field)) {
                mask_url(field.value, secrets, masking);
            }
        }
    }
    return masking.done();
}

}  // namespace ferrotunnel::inspect
