#include "wire/cluster_part.hpp"

#include <string_view>

#include "wire/control_fields.hpp"

namespace ferrotunnel::wire {

namespace {

std::size_t count_of_fitting(const std::vector<ClusterPart::Member>& others) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const ClusterPart::Member& other : others) {
        bytes += limits::cluster_other_bytes + other.name.size() + other.address.size();
        if (bytes > limits::cluster_others_bytes_max || count == limits::cluster_others_max) {
            break;
        }
        ++count;
    }
    return count;
}

}  // namespace

void write_cluster(cbor::Writer& writer, const ClusterPart& cluster) {
    const std::size_t count = count_of_fitting(cluster.others);
    writer.map(count == 0 ? 1 : 2);
    writer.text("member").text(cluster.member);
    if (count == 0) {
        return;
    }
    writer.text("others").array(count);
    for (std::size_t i = 0; i < count; ++i) {
        const ClusterPart::Member& other = cluster.others[i];
        writer.map(other.address.empty() ? 1 : 2);
        writer.text("name").text(other.name);
        if (!other.address.empty()) {
            writer.text("address").text(other.address);
        }
    }
}

void read_cluster(FieldReader& welcome, ClusterPart& cluster) {
    welcome.inside("cluster", [&](FieldReader& fields) {
        fields.text("member", cluster.member, 1, limits::cluster_member_max);
        const auto others = fields.has("others") ? fields.array("others", limits::cluster_others_max) : std::nullopt;
        if (!others) {
            return;
        }
        std::size_t index = 0;
        others->for_each_element([&](cbor::Item item) {
            if (!fields.failed() && item.type() != cbor::Type::map) {
                fields.fail(Code::protocol, "others", " has an element that is not a map");
            }
            if (fields.failed()) {
                return;
            }
            ClusterPart::Member& other = cluster.others.emplace_back();
            FieldReader member = fields.of(item, "welcome.cluster.others", index++);
            member.text("name", other.name, 1, limits::cluster_member_max);
            member.optional_text("address", other.address, limits::cluster_address_max);
        });
    });
}

}  // namespace ferrotunnel::wire
