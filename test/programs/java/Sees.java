/** What java takes its memory and processors to be. */
class Sees {
	public static void main(String[] args) {
		var runtime = Runtime.getRuntime();
		System.out.println(runtime.maxMemory() / (1 << 20) + " MiB, " + runtime.availableProcessors() + " processors");
	}
}
