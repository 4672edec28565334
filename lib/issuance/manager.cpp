#include "issuance/manager.hpp"

#include <utility>

#include "issuance/manager_impl.hpp"

namespace ferrotunnel::issuance {

Manager::Manager(Settings settings, Needs needs)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(needs))) {}

Manager::~Manager() = default;

void Manager::join(std::shared_ptr<ClusterShare> cluster) {
    impl_->join(std::move(cluster));
}

void Manager::start() {
    impl_->start();
}

void Manager::stop() noexcept {
    impl_->stop();
}

void Manager::set(Settings settings) {
    impl_->set(std::move(settings));
}

void Manager::offered(const std::string& host, const std::string& token_name, bool is_assigned) {
    impl_->offered(host, token_name, is_assigned);
}

Status Manager::status() const {
    return impl_->status();
}

bool Manager::renew(const std::string& name) {
    return impl_->renew(name);
}

void Manager::records(bool check, const std::string& host,
                      std::function<void(std::vector<PersistRecord>, std::string problem)> done) {
    impl_->records(check, host, std::move(done));
}

void Manager::change_keys(std::function<void(std::string problem)> done) {
    impl_->change_keys(std::move(done));
}

}  // namespace ferrotunnel::issuance
