#include "transport/certificate_snapshot.hpp"

#include <algorithm>

namespace ferrotunnel::transport {

namespace {

using WallTime = CertificateSnapshot::WallTime;

// Until when a certificate of the operator counts as one that the operator renews: a day before its end, or a tenth of
// its lifetime if that is shorter.
WallTime covers_until(const LoadedCertificate& certificate) {
    const WallTime::duration tenth = (certificate.not_after - certificate.not_before) / 10;
    return certificate.not_after - std::min<WallTime::duration>(tenth, std::chrono::hours(24));
}

void add_by_key(ServedCertificates& served, const std::shared_ptr<const LoadedCertificate>& certificate) {
    const auto same_kind = [&](const auto& other) { return other->key_type == certificate->key_type; };
    if (std::none_of(served.begin(), served.end(), same_kind)) {
        served.push_back(certificate);
    }
}

}  // namespace

ServedCertificates& CertificateSnapshot::served_by(std::string_view name) {
    return name.starts_with("*.") ? wildcard_[std::string(name.substr(2))] : exact_[std::string(name)];
}

void CertificateSnapshot::add(const std::shared_ptr<const LoadedCertificate>& certificate, Source source,
                              WallTime now) {
    if (source == Source::own) {
        add_own(certificate);
        return;
    }
    if (source == Source::fallback) {
        fallback_.push_back(certificate);
    }
    for (const std::string& name : certificate->hosts) {
        if (source == Source::ordered) {
            if (!has_better_wildcard(name, now)) {
                add_ordered(served_by(name), certificate, name, now);
            }
            continue;
        }
        add_by_key(served_by(name), certificate);
        if (source == Source::operator_files) {
            WallTime& until = covered_until_[name];
            until = std::max(until, covers_until(*certificate));
        }
    }
    if (source == Source::ordered) {
        add_addresses(certificate);
    }
}

void CertificateSnapshot::add_addresses(const std::shared_ptr<const LoadedCertificate>& certificate) {
    for (const std::string& address : certificate->addresses) {
        add_by_key(addresses_[address], certificate);
        add_by_key(any_address_, certificate);
    }
}

bool CertificateSnapshot::has_any(std::string_view name) const noexcept {
    if (name.starts_with("*.")) {
        return wildcard_.contains(name.substr(2));
    }
    const std::size_t dot = name.find('.');
    return exact_.contains(name) || (dot != std::string_view::npos && wildcard_.contains(name.substr(dot + 1)));
}

// Also not for one host of a wildcard: it would take precedence over the wildcard's certificate.
void CertificateSnapshot::add_own(const std::shared_ptr<const LoadedCertificate>& certificate) {
    std::vector<std::string_view> names;
    for (const std::string& name : certificate->hosts) {
        if (!has_any(name)) {
            names.push_back(name);
        }
    }
    for (const std::string_view name : names) {
        served_by(name).push_back(certificate);
    }
    add_addresses(certificate);
}

// A host that a wildcard serves is not renewed any more, so an older certificate of its own must not take precedence:
// it would be served after its end. Of ordered certificates, those that end later were added first.
bool CertificateSnapshot::has_better_wildcard(std::string_view name, WallTime now) const {
    const std::size_t dot = name.find('.');
    if (name.starts_with("*.") || dot == std::string_view::npos) {
        return false;
    }
    const auto until = covered_until_.find("*" + std::string(name.substr(dot)));
    return until != covered_until_.end() ? until->second > now : wildcard_.contains(name.substr(dot + 1));
}

// The operator's certificates are removed once the name's last one is about to end: nobody renews them any more.
void CertificateSnapshot::add_ordered(ServedCertificates& served,
                                      const std::shared_ptr<const LoadedCertificate>& certificate,
                                      std::string_view name, WallTime now) {
    if (const auto until = covered_until_.find(name); until != covered_until_.end()) {
        if (until->second > now) {
            return;
        }
        covered_until_.erase(until);
        served.clear();
    }
    add_by_key(served, certificate);
}

const ServedCertificates* CertificateSnapshot::find(std::string_view host) const noexcept {
    const ServedCertificates* const own = find_own(host);
    return own != nullptr || fallback_.empty() ? own : &fallback_;
}

const ServedCertificates* CertificateSnapshot::find_own(std::string_view host) const noexcept {
    if (auto exact = exact_.find(host); exact != exact_.end()) {
        return &exact->second;
    }
    if (std::size_t dot = host.find('.'); dot != std::string_view::npos) {
        if (auto wildcard = wildcard_.find(host.substr(dot + 1)); wildcard != wildcard_.end()) {
            return &wildcard->second;
        }
    }
    return nullptr;
}

const ServedCertificates* CertificateSnapshot::find_nameless(std::string_view at) const noexcept {
    if (!fallback_.empty()) {
        return &fallback_;
    }
    if (const auto exact = addresses_.find(at); exact != addresses_.end()) {
        return &exact->second;
    }
    return any_address_.empty() ? nullptr : &any_address_;
}

bool CertificateSnapshot::is_covered(std::string_view name, WallTime now) const {
    const auto covers = [&](std::string_view one) {
        const auto until = covered_until_.find(one);
        return until != covered_until_.end() && until->second > now;
    };
    if (covers(name)) {
        return true;
    }
    const std::size_t dot = name.find('.');
    return !name.starts_with("*.") && dot != std::string_view::npos && covers("*" + std::string(name.substr(dot)));
}

}  // namespace ferrotunnel::transport
