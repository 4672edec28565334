#include "api/certificates.hpp"

#include <cstdint>

#include "admin/stats_json.hpp"

namespace ferrotunnel::detail {

void Certificates::add(std::string_view use, const std::vector<transport::CertificateExpiry>& all) {
    for (const transport::CertificateExpiry& one : all) {
        all_.insert({one.expires, std::string(use), one.name, one.file.string()});
    }
}

void Certificates::add(std::string_view use, const std::optional<transport::CertificateExpiry>& one) {
    if (one) {
        add(use, std::vector{*one});
    }
}

admin::Json Certificates::json() const {
    admin::Json list = admin::Json::array();
    for (const Entry& one : all_) {
        admin::Json& row = list.emplace_back(
            admin::Json{{"use", one.use}, {"name", one.name}, {"expires", admin::seconds_of(one.expires)}});
        if (!one.file.empty()) {
            row["file"] = one.file;
        }
    }
    return list;
}

void Certificates::put(metrics::Exposition& to) const {
    if (all_.empty()) {
        return;
    }
    to.family(
        "ferrotunnel_certificate_expiry_timestamp_seconds", metrics::Type::gauge,
        "When a certificate in use expires, in seconds since 1970; of many for visitors, the first 100 to expire.");
    for (const Entry& one : all_) {
        to.sample(static_cast<double>(admin::seconds_of(one.expires)),
                  {{"use", one.use}, {"name", one.name}, {"file", one.file}});
    }
}

}  // namespace ferrotunnel::detail
