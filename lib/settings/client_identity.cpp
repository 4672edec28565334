// Validation of a client's identity.
#include "base/text.hpp"
#include "settings/client.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

std::optional<std::string> identity_fault(const std::string& text) {
    if (text.size() > wire::identity_text_max) {
        return "is too long: at most 64 bytes";
    }
    return is_printable(text) ? std::nullopt : std::optional<std::string>("has characters that are not printable");
}

}  // namespace ferrotunnel::detail
