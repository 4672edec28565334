// The hosts that the server gives to services that name none.
#include "base/mutex.hpp"
#include "directory/http_directory.hpp"

namespace ferrotunnel::directory {

std::string HttpDirectory::assigned_host(const ClientId& client, std::uint32_t id, const std::string& name,
                                         std::string_view domain, Random& random, TimePoint now) const {
    {
        const MutexLock lock(mutex_);
        auto sibling = services_.find({client, id});
        if (sibling != services_.end()) {
            return sibling->second->description().hosts.front();
        }
        const std::string* remembered = assigned_.find(client.first, name);
        if (remembered != nullptr && !owner_refusal(client.first, {*remembered}, now)) {
            return *remembered;
        }
    }
    return fresh_host(client.first, domain, random);
}

void HttpDirectory::remember_assigned(const HttpService& service) {
    const HttpDescription& description = service.description();
    const MutexLock lock(mutex_);
    assigned_.remember(service.client_.first, description.name, description.hosts.front());
    if (on_change_) {
        on_change_();
    }
}

std::string HttpDirectory::fresh_host(const login::TokenId& token, std::string_view domain, Random& random) const {
    // Without vowels no words can appear, and without 0, 1, i, l and o nothing is misread.
    constexpr std::string_view letters = "bcdfghjkmnpqrstvwxz";
    constexpr std::string_view alphabet = "bcdfghjkmnpqrstvwxz23456789";
    constexpr std::size_t length = 8;
    constexpr int tries_max = 100;  // rights are to all of these hosts or to hardly any
    const MutexLock lock(mutex_);
    for (int tries = 0; tries < tries_max; ++tries) {
        std::string host(1, letters[random.below(letters.size())]);
        while (host.size() < length) {
            host += alphabet[random.below(alphabet.size())];
        }
        host += '.';
        host += domain;
        if (routes_->host_at(HttpRoutes::place_of(host)) == nullptr && !routes_->rules_->refuse_host(token, host)) {
            return host;
        }
    }
    return {};
}

}  // namespace ferrotunnel::directory
