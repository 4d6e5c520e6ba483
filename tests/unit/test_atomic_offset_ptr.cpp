// The pointer under every link of the live index: right wherever its memory is mapped, and complete enough for Boost's containers.
#include "segment/atomic_offset_ptr.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>

#include "base/file.hpp"
#include "catch.hpp"
#include "live/artifact_map.hpp"

using namespace zccache;

namespace {

struct Node {
  AtomicOffsetPtr<Node> next;
  long value = 0;
};

struct Base {
  long number = 1;
};
struct Derived : Base {};

/// One page of memory at two addresses.
class TwoViews {
 public:
  TwoViews() : memory_(::memfd_create("views", MFD_CLOEXEC)) {
    REQUIRE(::ftruncate(memory_.get(), kBytes) == 0);
    for (void*& view : views_) {
      view = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
      REQUIRE(view != MAP_FAILED);
    }
  }
  ~TwoViews() {
    for (void* view : views_) ::munmap(view, kBytes);
  }
  template <class T>
  [[nodiscard]] T* at(std::size_t view) const noexcept {
    return static_cast<T*>(views_[view]);
  }

 private:
  static constexpr std::size_t kBytes = 4096;
  UniqueFd memory_;
  std::array<void*, 2> views_{};
};

}  // namespace

TEST_CASE("null_is_null_however_it_is_made") {
  AtomicOffsetPtr<long> made;
  AtomicOffsetPtr<long> from_nullptr(nullptr);
  AtomicOffsetPtr<long> from_null_address(static_cast<long*>(nullptr));
  AtomicOffsetPtr<long> copied(made);
  for (const auto* p : {&made, &from_nullptr, &from_null_address, &copied}) {
    CHECK(p->get() == nullptr);
    CHECK(!*p);
    CHECK_FALSE(static_cast<bool>(*p));
    CHECK(*p == nullptr);
    CHECK(*p == made);
  }
  long target = 0;
  made = &target;
  CHECK(made.get() == &target);
  made = nullptr;
  CHECK(made.get() == nullptr);
}

TEST_CASE("a_pointer_to_itself_is_not_null") {
  Node node;
  node.next = &node;
  CHECK(node.next);
  CHECK(node.next.get() == &node);
  CHECK(node.next->next.get() == &node);
}

TEST_CASE("a_damaged_distance_leads_to_an_aligned_address_that_is_not_null") {
  AtomicOffsetPtr<long> link;
  for (const std::ptrdiff_t damaged : {3L, 4L, 17L, -5L, 0x222b'4f67'6e2a'c7c1L}) {
    std::memcpy(static_cast<void*>(&link), &damaged, sizeof damaged);
    CHECK(link);
    CHECK(reinterpret_cast<std::uintptr_t>(link.get()) % alignof(long) == 0);
  }
}

TEST_CASE("a_copy_at_another_address_points_to_the_same_target") {
  long target = 5;
  const AtomicOffsetPtr<long> original(&target);
  const auto on_heap = std::make_unique<AtomicOffsetPtr<long>>(original);
  CHECK(on_heap->get() == &target);
  AtomicOffsetPtr<long> assigned;
  assigned = *on_heap;
  CHECK(assigned.get() == &target);
  CHECK(*assigned == 5);
  assigned = assigned.get();
  CHECK(assigned == original);
}

TEST_CASE("links_inside_a_block_survive_its_move") {
  std::array<Node, 2> block;
  block[0].next = &block[1];
  block[1].next = &block[0];
  block[1].value = 7;
  alignas(Node) std::array<std::byte, sizeof block> moved{};
  std::memcpy(moved.data(), static_cast<const void*>(&block), sizeof block);
  const auto* nodes = reinterpret_cast<const Node*>(moved.data());
  CHECK(nodes[0].next.get() == &nodes[1]);
  CHECK(nodes[1].next.get() == &nodes[0]);
  CHECK(nodes[0].next->value == 7);
}

TEST_CASE("a_link_stored_through_one_mapping_is_followed_through_another") {
  const TwoViews views;
  Node* here = views.at<Node>(0);
  Node* there = views.at<Node>(1);
  REQUIRE(here != there);
  new (&here[0]) Node;
  new (&here[1]) Node;
  here[1].value = 3;
  here[0].next = &here[1];
  CHECK(there[0].next.get() == &there[1]);
  CHECK(there[0].next->value == 3);
  there[0].next = nullptr;
  CHECK_FALSE(here[0].next);
}

TEST_CASE("conversions_are_those_of_plain_pointers") {
  Derived derived;
  const AtomicOffsetPtr<Derived> from(&derived);
  const AtomicOffsetPtr<Base> base = from;
  CHECK(base->number == 1);
  const AtomicOffsetPtr<const Derived> constant = from;
  CHECK(constant.get() == &derived);
  const AtomicOffsetPtr<void> nothing = from;
  CHECK(nothing.get() == &derived);
  CHECK(static_cast<AtomicOffsetPtr<Derived>>(nothing).get() == &derived);
  static_assert(!std::is_convertible_v<AtomicOffsetPtr<const long>, AtomicOffsetPtr<long>>);
  static_assert(!std::is_convertible_v<AtomicOffsetPtr<void>, AtomicOffsetPtr<long>>);
  static_assert(!std::is_convertible_v<AtomicOffsetPtr<long>, bool>);
}

TEST_CASE("arithmetic_and_order_are_those_of_plain_pointers") {
  std::array<long, 4> numbers{10, 11, 12, 13};
  AtomicOffsetPtr<long> p(numbers.data());
  const AtomicOffsetPtr<long> end(numbers.data() + 4);
  CHECK(p[3] == 13);
  CHECK(*(p + 1) == 11);
  CHECK(*(1 + p) == 11);
  CHECK(*(end - 1) == 13);
  CHECK(end - p == 4);
  CHECK(*p++ == 10);
  CHECK(*p == 11);
  CHECK(*++p == 12);
  CHECK(*p-- == 12);
  CHECK(*--p == 10);
  p += 2;
  CHECK(*p == 12);
  p -= 1;
  CHECK(*p == 11);
  CHECK(p < end);
  CHECK(end > p);
  CHECK(p <= p);
  CHECK(p != end);
  CHECK(AtomicOffsetPtr<long>() < p);
}

TEST_CASE("containers_find_what_they_need") {
  using Traits = std::pointer_traits<AtomicOffsetPtr<long>>;
  static_assert(std::is_same_v<Traits::element_type, long>);
  static_assert(std::is_same_v<Traits::difference_type, std::ptrdiff_t>);
  static_assert(std::is_same_v<Traits::rebind<const char>, AtomicOffsetPtr<const char>>);
  static_assert(std::is_same_v<boost::pointer_traits<AtomicOffsetPtr<void>>::rebind_to<long>::type, AtomicOffsetPtr<long>>);
  static_assert(std::is_same_v<std::iterator_traits<AtomicOffsetPtr<long>>::iterator_category, std::random_access_iterator_tag>);
  long target = 1;
  CHECK(Traits::pointer_to(target).get() == &target);
  CHECK(boost::to_address(AtomicOffsetPtr<long>(&target)) == &target);
  CHECK(to_address(AtomicOffsetPtr<long>(&target)) == &target);
}

TEST_CASE("a_map_and_its_nodes_are_found_at_whatever_address_their_memory_is") {
  struct Block {
    format::ExtentHeader extent;
    std::array<std::byte, 3072> bytes;
    std::aligned_storage_t<sizeof(ArtifactMap), alignof(ArtifactMap)> map;
  };
  static_assert(sizeof(Block) <= 4096);
  const TwoViews views;
  auto* block = views.at<Block>(0);
  new (&block->extent) format::ExtentHeader{.capacity = sizeof block->bytes, .allocated = sizeof block->bytes, .used = 0};
  auto* map = new (&block->map) ArtifactMap(16, KeyHash{}, std::equal_to<format::Key128>{}, ArtifactMap::allocator_type(&block->extent));
  map->max_load_factor(kNeverRehash);
  for (std::uint64_t i = 0; i < 40; ++i) map->try_emplace(format::Key128{i, i}, nullptr);

  const auto& there = *reinterpret_cast<const ArtifactMap*>(&views.at<Block>(1)->map);
  for (std::uint64_t i = 0; i < 50; ++i) {
    const format::Key128 key{i, i};
    const std::size_t bucket = there.bucket(key);
    const bool found = std::any_of(there.begin(bucket), there.end(bucket), [&](const auto& node) { return node.first == key; });
    CHECK(found == (i < 40));
  }
}
