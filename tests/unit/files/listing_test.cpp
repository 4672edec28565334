// The page that shows what is in a folder.
#include "files/listing.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::files;
using Catch::Contains;

TEST_CASE("a listing shows folders first, then files by name") {
    const std::string page =
        listing_page("a", {{{"b.txt", false, 12, 0}, {"z", true, 0, 0}, {"a.txt", false, 7, 0}}, false});
    CHECK_THAT(page, Contains("<h1>/a/</h1>") && Contains("<a href=\"../\">"));
    const std::size_t folder = page.find("<a href=\"./z/\">z/</a>");
    const std::size_t first =
        page.find("<a href=\"./a.txt\">a.txt</a></td><td>7</td><td>Thu, 01 Jan 1970 00:00:00 GMT");
    const std::size_t second = page.find("<a href=\"./b.txt\">");
    REQUIRE(second != std::string::npos);
    CHECK(folder < first);
    CHECK(first < second);
    CHECK_THAT(page, !Contains("There is more"));
}

TEST_CASE("names cannot get out of their place in a listing") {
    const std::string page =
        listing_page("<b>&\"", {{{"<script>alert(1)</script>", false, 0, 0}, {"\" onclick=\"x", false, 0, 0}}, false});
    CHECK_THAT(page, !Contains("<script") && !Contains("<b>") && !Contains("\" onclick"));
    CHECK_THAT(page, Contains("/&lt;b&gt;&amp;&quot;/") && Contains("%3Cscript%3E") && Contains("&lt;script&gt;"));
}

TEST_CASE("the root has no way up, and a listing that was cut says so") {
    const std::string page = listing_page("", {{{"a", false, 1, 0}}, true});
    CHECK_THAT(page, Contains("<h1>/</h1>") && !Contains("../") && Contains("There is more in this folder"));
}
