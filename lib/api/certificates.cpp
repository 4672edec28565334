#include "api/certificates.hpp"

#include <algorithm>
#include <cstddef>

#include "admin/stats_json.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::detail {

void Certificates::add(std::string_view use, const std::vector<transport::CertificateExpiry>& all) {
    for (const transport::CertificateExpiry& one : all) {
        const auto [place, is_new] =
            all_.try_emplace(Which{std::string(use), one.name, one.file.string()}, one.expires);
        place->second = std::min(place->second, one.expires);
    }
}

void Certificates::add(std::string_view use, const std::optional<transport::CertificateExpiry>& one) {
    if (one) {
        add(use, std::vector{*one});
    }
}

std::vector<const Certificates::All::value_type*> Certificates::listed() const {
    std::vector<const All::value_type*> list;
    list.reserve(all_.size());
    for (const auto& one : all_) {
        list.push_back(&one);
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const auto* left, const auto* right) { return left->second < right->second; });
    std::map<std::string_view, std::size_t> counts;
    std::erase_if(list,
                  [&counts](const auto* one) { return ++counts[one->first.use] > limits::certificates_listed_max; });
    return list;
}

admin::Json Certificates::json() const {
    admin::Json list = admin::Json::array();
    for (const auto* one : listed()) {
        const auto& [which, expires] = *one;
        admin::Json& row = list.emplace_back(
            admin::Json{{"use", which.use}, {"name", which.name}, {"expires", admin::seconds_of(expires)}});
        if (!which.file.empty()) {
            row["file"] = which.file;
        }
    }
    return list;
}

// The family is there without a certificate, too, as docs/metrics.md lists it.
void Certificates::put(metrics::Exposition& to) const {
    to.family(
        "ferrotunnel_certificate_expiry_timestamp_seconds", metrics::Type::gauge,
        "When a certificate in use expires, in seconds since 1970; of many with one use, the first 100 to expire.");
    for (const auto* one : listed()) {
        const auto& [which, expires] = *one;
        to.sample(static_cast<double>(admin::seconds_of(expires)),
                  {{"use", which.use}, {"name", which.name}, {"file", which.file}});
    }
}

}  // namespace ferrotunnel::detail
