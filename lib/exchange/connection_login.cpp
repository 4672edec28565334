#include "exchange/connection_login.hpp"

#include "http/field_name.hpp"

namespace ferrotunnel::exchange {

bool is_connection_login(std::string_view value) noexcept {
    const std::string_view scheme = value.substr(0, value.find_first_of(" \t,"));
    return http::same_text(scheme, "NTLM") || http::same_text(scheme, "Negotiate");
}

bool offers_connection_login(const http::Fields& fields) noexcept {
    for (const http::Field& field : fields) {
        if (field.known != http::FieldName::www_authenticate) {
            continue;
        }
        http::ListItems items(field.value);
        for (std::string_view item; items.next(item);) {
            if (is_connection_login(item)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace ferrotunnel::exchange
