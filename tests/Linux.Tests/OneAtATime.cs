using Xunit;

// Descriptors, locks and children belong to the whole process: a child that one test starts holds for a moment what another has open.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
